import { acrossCopies } from './across-copies.ts';
import { checkStatus, Problem } from './problem.ts';
import { unexpected } from '../router-error.ts';
import { percentEncode } from '../routing/percent-encode.ts';

/**
 * Header fields of an answer, or a `Headers` or list of them; several values make one field line each, as `set-cookie`
 * needs. The fields of a connection (`transfer-encoding`, `keep-alive`, `upgrade` and the like) are left out: the
 * server has its own.
 */
export type ReplyHeaders =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

/** A value together with the status and headers that it is answered with. Made by {@link reply}. */
export class Reply {
  static {
    acrossCopies(this, 'Answer');
  }

  declare readonly value: unknown;
  declare readonly status: number | undefined;
  declare readonly headers: ReplyHeaders | undefined;

  constructor(value: unknown, status?: number, headers?: ReplyHeaders) {
    this.value = value;
    this.status = status === undefined ? undefined : checkStatus(status, 200);
    this.headers = headers;
  }
}

/**
 * Answers with a status and headers of your choice. Like a problem it may be returned or thrown.
 *
 * @param options.status - @default what the value has by itself: 200, 204 for nothing, a problem's own
 * @throws RangeError when the status is not between 200 and 599.
 * @throws RouterError SONDE_ROUTER_OPTION when the options are no object, or hold others than these.
 *
 * @example
 * ```ts
 * import { answer, createRouter } from '@sonde/router';
 *
 * createRouter().get('/report', () => answer({ rows: 3 }, { headers: { 'cache-control': 'max-age=60' } }));
 * ```
 */
export function reply(value: unknown, options: { status?: number; headers?: ReplyHeaders } = {}): Reply {
  const { status, headers, ...others } = Object(options) as typeof options;
  if (typeof options !== 'object' || typeof (headers ?? {}) !== 'object' || Object.keys(others).length) {
    throw unexpected('answer', '{ status, headers }', options);
  }
  return new Reply(value, status, headers);
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
export function created(value: unknown, location?: string | URL): Reply {
  return new Reply(
    value,
    201,
    location !== undefined ? { location: locationOf('created', location) } : undefined,
  );
}

/**
 * Sends the client elsewhere.
 *
 * @param status - 301, 302, 303, 307 or 308. @default 302
 * @throws RouterError SONDE_ROUTER_OPTION when the location is neither text nor a URL, or the status is another one.
 *
 * @example
 * ```ts
 * import { createRouter, redirect } from '@sonde/router';
 *
 * createRouter().get('/old', () => redirect('/new', 308));
 * ```
 */
export function redirect(location: string | URL, status: 301 | 302 | 303 | 307 | 308 = 302): Reply {
  if (![301, 302, 303, 307, 308].includes(status)) {
    throw unexpected('redirect', '301, 302, 303, 307 or 308', status);
  }
  return new Reply(null, status, { location: locationOf('redirect', location) });
}

function locationOf(where: string, location: unknown): string {
  if (typeof location === 'string' || location instanceof URL) return percentEncode(String(location));
  throw unexpected(where, 'a location', location);
}

/** The media type of JSON. */
export const jsonType = 'application/json';

/** Whether a thrown value is an answer, and not an error. */
export function isReply(thrown: unknown): boolean {
  try {
    return thrown instanceof Problem || thrown instanceof Reply || isResponse(thrown);
  } catch {
    // A revoked proxy, or an accessor that throws.
    return false;
  }
}

/** Node loads its fetch when `Response` is first named: the tag tells without it. */
export function isResponse(value: unknown): value is Response {
  return (value as { [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag] === 'Response';
}

/** Header fields by lower-case name. */
export type Fields = Record<string, string | readonly string[]>;

/** Fields of a connection, which are the server's and not an answer's; HTTP/2 refuses them. `connection` is read apart. */
const connectionFields = new Set(
  'http2-settings keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

/** Sets a header field, unless it is the connection's; `set-cookie` adds up. */
export function putField(fields: Fields, name: string, value: string | readonly string[]): void {
  const key = name.toLowerCase();
  if (connectionFields.has(key)) return;
  fields[key] = key === 'set-cookie' ? [fields[key] ?? [], value].flat() : value;
}
