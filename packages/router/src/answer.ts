import { RouterError } from './router-error.ts';
import { Problem } from './problem.ts';

/** Header fields of an answer; a list makes one field line each, as `set-cookie` needs. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A value together with the status and headers that it is answered with. Made by {@link answer}. */
export class Answer {
  readonly value: unknown;
  readonly status: number;
  readonly headers: AnswerHeaders | undefined;

  constructor(value: unknown, status: number, headers?: AnswerHeaders) {
    this.value = value;
    this.status = status;
    this.headers = headers;
  }
}

/** An answer reduced to what goes over the wire. */
export interface Rendered {
  readonly status: number;
  /** Name, value, name, value, ... */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | AsyncIterable<unknown> | undefined;
}

/**
 * Answers with a status and headers of your choice.
 *
 * @param init.status - @default 200
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
  const { status = 200, headers } = init;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`An answer has a status from 200 to 599, not ${status}`);
  }
  return new Answer(value, status, headers);
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
  return new Answer(value, 201, location === undefined ? undefined : { location: headerSafe(location) });
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
  return new Answer(null, status, { location: headerSafe(location) });
}

const headerSafe = (location: string): string => location.replaceAll(/[^!-~]+/g, encodeURI);

const json: readonly string[] = ['content-type', 'application/json'];
const text: readonly string[] = ['content-type', 'text/plain; charset=utf-8'];
const octets: readonly string[] = ['content-type', 'application/octet-stream'];
const problemJson: readonly string[] = ['content-type', 'application/problem+json'];
const none: readonly string[] = [];

/** What a handler returned, as status, headers and body. Throws when the value has no form on the wire. */
export function render(value: unknown, status = 200): Rendered {
  if (value === null || value === undefined) {
    return { status: status === 200 ? 204 : status, headers: none, body: undefined };
  }
  if (typeof value === 'string') return { status, headers: text, body: value };
  if (typeof value !== 'object') return { status, headers: json, body: stringify(value) };
  if (value instanceof Answer) return renderAnswer(value);
  if (value instanceof Problem) return renderProblem(value);
  if (value instanceof Uint8Array) return { status, headers: octets, body: value };
  if (value instanceof Response) return renderResponse(value);
  if (Symbol.asyncIterator in value) {
    return { status, headers: octets, body: value as AsyncIterable<unknown> };
  }
  return { status, headers: json, body: stringify(value) };
}

function stringify(value: unknown): string {
  const body: string | undefined = JSON.stringify(value);
  if (body === undefined) throw new RouterError('SONDE_ANSWER', `A handler answered with a ${typeof value}`);
  return body;
}

function renderAnswer({ value, status, headers }: Answer): Rendered {
  const rendered = render(value, status);
  if (headers === undefined) return rendered;
  const own = flatten(headers);
  return { ...rendered, headers: own.includes('content-type') ? own : [...rendered.headers, ...own] };
}

/** A problem as it goes over the wire. */
export function renderProblem(problem: Problem): Rendered {
  const headers = problem.headers === undefined ? problemJson : [...problemJson, ...flatten(problem.headers)];
  return { status: problem.status, headers, body: JSON.stringify(problem) };
}

function renderResponse(response: Response): Rendered {
  const headers = [...response.headers].flat();
  return { status: response.status, headers, body: response.body ?? undefined };
}

function flatten(headers: AnswerHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [name.toLowerCase(), value]
      : value.flatMap((each) => [name.toLowerCase(), each]),
  );
}
