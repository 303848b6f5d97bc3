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

const headerSafe = (location: string): string => location.replaceAll(/[^!-~]/gu, encodeURI);

/** A problem of the router itself: its document is written once, and no stack is taken per request. */
export function problemAnswer(status: number, detail?: string, headers?: AnswerHeaders): Answer {
  const document = JSON.stringify(new Problem(status, detail));
  return new Answer(document, status, { 'content-type': 'application/problem+json', ...headers });
}

/** Whether a thrown value is an answer, and not an error. */
export function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Problem || thrown instanceof Answer || thrown instanceof Response;
}

/** An answer reduced to what goes over the wire. */
export interface Rendered {
  readonly status: number;
  /** The content-type, unless a header field says otherwise. */
  readonly type: string | undefined;
  /** Name, value, name, value, ...; names in lower case. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | AsyncIterable<unknown> | undefined;
}

const none: readonly string[] = [];

/** What a handler returned, as status, headers and body. Throws SONDE_ANSWER when it has no form on the wire. */
export function render(value: unknown, status?: number): Rendered {
  if (value === null || value === undefined) return renderBody(status ?? 204, undefined, undefined);
  if (typeof value === 'string') return renderBody(status, 'text/plain; charset=utf-8', value);
  if (typeof value !== 'object') return renderBody(status, 'application/json', stringify(value));
  if (value instanceof Answer) return renderAnswer(value);
  if (value instanceof Problem) {
    return renderBody(status ?? value.status, 'application/problem+json', stringify(value));
  }
  if (value instanceof Uint8Array) return renderBody(status, 'application/octet-stream', value);
  if (value instanceof Response) return renderResponse(value);
  if (isAsyncIterable(value)) return renderBody(status, 'application/octet-stream', value);
  return renderBody(status, 'application/json', stringify(value));
}

function renderBody(status: number | undefined, type: string | undefined, body: Rendered['body']): Rendered {
  return { status: status ?? 200, type, headers: none, body };
}

function renderAnswer({ value, status, headers }: Answer): Rendered {
  const rendered = render(value, status);
  if (headers === undefined) return rendered;
  const fields = Object.entries(headers).flatMap(([name, field]) =>
    typeof field === 'string'
      ? [name.toLowerCase(), field]
      : field.flatMap((each) => [name.toLowerCase(), each]),
  );
  return { ...rendered, headers: merged(fields, rendered.headers) };
}

function renderResponse({ status, headers, body }: Response): Rendered {
  return { status, type: undefined, headers: [...headers].flat(), body: body ?? undefined };
}

function stringify(value: unknown): string {
  const body: string | undefined = JSON.stringify(value);
  if (body === undefined) throw new RouterError('SONDE_ANSWER', `A handler answered with a ${typeof value}`);
  return body;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

/** Whether an answer of this status never has a body. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** The header fields to write: the answer's own, then what `c.header` set, then the default content-type. */
export function fieldsOf({ type, headers }: Rendered, set: readonly string[] | undefined): string[] {
  if (set === undefined && headers.length === 0) return type === undefined ? [] : ['content-type', type];
  const fields = set === undefined ? [...headers] : merged(headers, set);
  if (type !== undefined && !hasName(fields, 'content-type')) fields.push('content-type', type);
  return fields;
}

/** Adds the fields of `weak` that `strong` lacks; of those that `weak` repeats the last. `set-cookie` adds up. */
function merged(strong: readonly string[], weak: readonly string[]): string[] {
  const fields = [...strong];
  for (let index = weak.length - 2; index >= 0; index -= 2) {
    const [name = '', value = ''] = weak.slice(index, index + 2);
    if (name === 'set-cookie' || !hasName(fields, name)) fields.push(name, value);
  }
  return fields;
}

const hasName = (fields: readonly string[], name: string): boolean =>
  fields.some((field, index) => index % 2 === 0 && field === name);
