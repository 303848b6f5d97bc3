import { Problem } from './problem.ts';
import { RouterError } from './router-error.ts';

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
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
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

const problemType = 'application/problem+json';

const headerSafe = (location: string): string => location.replaceAll(/[^!-~]/gu, encodeURI);

/** A problem of the router itself: its document is written once, and no stack is taken per request. */
export function problemAnswer(status: number, detail?: string, headers?: AnswerHeaders): Answer {
  const document = JSON.stringify(new Problem(status, detail));
  return new Answer(document, status, { 'content-type': problemType, ...headers });
}

/** Whether a thrown value is an answer, and not an error. */
export function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Problem || thrown instanceof Answer || thrown instanceof Response;
}

/** Header fields by lower-case name. */
export type Fields = Record<string, string | readonly string[]>;

/** An answer reduced to what goes over the wire. */
export interface Rendered {
  readonly status: number;
  /** The content-type, unless a header field says otherwise. */
  readonly type: string | undefined;
  readonly fields: Fields | undefined;
  readonly body: string | Uint8Array | AsyncIterable<unknown> | undefined;
}

const jsonType = 'application/json';
const octetType = 'application/octet-stream';

/** What a handler returned, as status, headers and body. Throws SONDE_ANSWER when it has no form on the wire. */
export function render(value: unknown, status?: number): Rendered {
  if (value === null || value === undefined) return rendered(status ?? 204);
  if (typeof value === 'string') return rendered(status, 'text/plain; charset=utf-8', value);
  if (typeof value !== 'object') return rendered(status, jsonType, stringify(value));
  if (value instanceof Answer) return renderAnswer(value);
  if (value instanceof Problem) return rendered(status ?? value.status, problemType, stringify(value));
  if (value instanceof Uint8Array || isAsyncIterable(value)) return rendered(status, octetType, value);
  // Node loads its fetch the first time that Response is looked at: not for plain objects.
  if (!isPlain(value) && value instanceof Response) return renderResponse(value);
  return rendered(status, jsonType, stringify(value));
}

function rendered(status = 200, type?: string, body?: Rendered['body']): Rendered {
  return { status, type, fields: undefined, body };
}

function renderAnswer({ value, status, headers }: Answer): Rendered {
  const plain = render(value, status);
  if (headers === undefined) return plain;
  const own = Object.entries(headers).map(([name, field]) => [name.toLowerCase(), field]);
  return { ...plain, fields: { ...plain.fields, ...Object.fromEntries(own) } };
}

function renderResponse({ status, headers, body }: Response): Rendered {
  const fields: Fields = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) fields[setCookie] = cookies;
  return { status, type: undefined, fields, body: body ?? undefined };
}

function stringify(value: unknown): string {
  const body: string | undefined = JSON.stringify(value);
  if (body === undefined) throw new RouterError('SONDE_ANSWER', `A handler answered with a ${typeof value}`);
  return body;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

/** Whether an answer of this status never has a body. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

const setCookie = 'set-cookie';

/** The header fields to write: the default content-type, over it what `c.header` set, over all the answer's own. */
export function fieldsOf({ type, fields }: Rendered, set: Fields | undefined): Fields {
  const all: Fields = type === undefined ? {} : { 'content-type': type };
  if (set === undefined && fields === undefined) return all;
  const cookies = [set?.[setCookie] ?? [], fields?.[setCookie] ?? []].flat();
  return { ...all, ...set, ...fields, ...(cookies.length > 0 && { [setCookie]: cookies }) };
}
