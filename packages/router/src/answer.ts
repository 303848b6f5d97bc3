import { checkStatus, Problem, problemType } from './problem.ts';
import { RouterError } from './router-error.ts';
import { encodeTarget } from './target.ts';

/** Header fields of an answer; a list makes one field line each, as `set-cookie` needs. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A value together with the status and headers that it is answered with. Made by {@link answer}. */
export class Answer {
  readonly value: unknown;
  readonly status: number | undefined;
  readonly headers: AnswerHeaders | undefined;

  constructor(value: unknown, status?: number, headers?: AnswerHeaders) {
    this.value = value;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Answers with a status and headers of your choice. Like a problem it may be returned or thrown.
 *
 * @param init.status - @default what the value has by itself: 200, 204 for nothing, a problem's own
 * @throws RangeError when the status is not between 200 and 599.
 *
 * @example
 * ```ts
 * import { answer, createRouter } from '@sonde/router';
 *
 * createRouter().get('/report', () => answer({ rows: 3 }, { headers: { 'cache-control': 'max-age=60' } }));
 * ```
 */
export function answer(value: unknown, init: { status?: number; headers?: AnswerHeaders } = {}): Answer {
  const { status, headers } = init;
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
  return new Answer(value, 201, location === undefined ? location : { location: encodeTarget(location) });
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
function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}

/** Header fields by lower-case name. */
export type Fields = Record<string, string | readonly string[]>;

/** An answer reduced to what goes over the wire. */
export interface Rendered {
  readonly status: number;
  /** The content-type, unless a header field says otherwise. */
  readonly type: string | undefined;
  readonly body: string | Uint8Array | AsyncIterable<unknown>;
  /** Header fields of the answer's own. */
  readonly own: Iterable<readonly [name: string, value: string | readonly string[]]> | undefined;
}

/** What a handler returned, as status, headers and body. Throws SONDE_ANSWER when it has no form on the wire. */
export function render(value: unknown, status?: number): Rendered {
  if (value === null || value === undefined) return rendered(status ?? 204);
  if (typeof value === 'string') return rendered(status, 'text/plain; charset=utf-8', value);
  if (value instanceof Answer) {
    const inner = render(value.value, value.status);
    return { ...inner, own: [...(inner.own ?? []), ...Object.entries(value.headers ?? {})] };
  }
  if (value instanceof Problem) return rendered(status ?? value.status, problemType, stringify(value));
  if (value instanceof Uint8Array || isAsyncIterable(value))
    return rendered(status, 'application/octet-stream', value);
  if (isResponse(value)) return rendered(value.status, undefined, value.body ?? '', value.headers);
  return rendered(status, jsonType, stringify(value));
}

function rendered(status = 200, type?: string, body: Rendered['body'] = '', own?: Rendered['own']): Rendered {
  return { status, type, body, own };
}

function stringify(value: unknown): string {
  const body: string | undefined = JSON.stringify(value);
  if (body === undefined) throw new RouterError('SONDE_ANSWER', `No answer: ${typeof value}`);
  return body;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Sets a header field; `set-cookie` adds up. */
export function putField(fields: Fields, name: string, value: string | readonly string[]): void {
  const key = name.toLowerCase();
  fields[key] = key === 'set-cookie' ? [fields[key] ?? [], value].flat() : value;
}

/** The header fields to write: the default content-type, over it what `c.header` set, over all the answer's own. */
export function fieldsOf({ type, own }: Rendered, set: Fields | undefined): Fields {
  const fields: Fields = type === undefined ? {} : { 'content-type': type };
  if (set !== undefined) Object.assign(fields, set);
  for (const [name, value] of own ?? []) putField(fields, name, value);
  return fields;
}
