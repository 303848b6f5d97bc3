import { checkStatus, Problem } from './problem.ts';
import { encodeTarget } from './target.ts';

/** Header fields of an answer; a list makes one field line each, as `set-cookie` needs. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A value together with the status and headers that it is answered with. Made by {@link answer}. */
export class Answer {
  declare readonly value: unknown;
  declare readonly status: number | undefined;
  declare readonly headers: AnswerHeaders | undefined;

  constructor(value: unknown, status?: number, headers?: AnswerHeaders) {
    this.value = value;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Answers with a status and headers of your choice. Like a problem it may be returned or thrown.
 *
 * @param options.status - @default what the value has by itself: 200, 204 for nothing, a problem's own
 * @throws RangeError when the status is not between 200 and 599.
 *
 * @example
 * ```ts
 * import { answer, createRouter } from '@sonde/router';
 *
 * createRouter().get('/report', () => answer({ rows: 3 }, { headers: { 'cache-control': 'max-age=60' } }));
 * ```
 */
export function answer(
  value: unknown,
  { status, headers }: { status?: number; headers?: AnswerHeaders } = {},
): Answer {
  return new Answer(value, status && checkStatus(status, 200), headers);
}

/**
 * Answers 201, with the place of what was made.
 *
 * @example
 * ```ts
 * import { created, createRouter } from '@sonde/router';
 *
 * createRouter().post('/orders', () => created({ id: 7 }, '/orders/7'));
 * ```
 */
export function created(value: unknown, location?: string): Answer {
  return new Answer(value, 201, location ? { location: encodeTarget(location) } : undefined);
}

/**
 * Sends the client elsewhere.
 *
 * @param status - 301, 302, 303, 307 or 308. @default 302
 *
 * @example
 * ```ts
 * import { createRouter, redirect } from '@sonde/router';
 *
 * createRouter().get('/old', () => redirect('/new', 308));
 * ```
 */
export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 302): Answer {
  return new Answer(null, status, { location: encodeTarget(location) });
}

/** The media type of JSON. */
export const jsonType = 'application/json';

/** Whether a thrown value is an answer, and not an error. */
export function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Problem || thrown instanceof Answer || isResponse(thrown);
}

/** Node loads its fetch when `Response` is first named: the tag tells without it. */
export function isResponse(value: unknown): value is Response {
  return (value as { [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag] === 'Response';
}

/** Header fields by lower-case name. */
export type Fields = Record<string, string | readonly string[]>;

/** Sets a header field; `set-cookie` adds up. */
export function putField(fields: Fields, name: string, value: string | readonly string[]): void {
  const key = name.toLowerCase();
  fields[key] = key === 'set-cookie' ? [fields[key] ?? [], value].flat() : value;
}
