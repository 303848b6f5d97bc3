import { acrossCopies } from './across-copies.ts';
import { checkStatus, Problem } from './problem.ts';
import { unexpected } from '../router-error.ts';
import { percentEncode } from '../routing/percent-encode.ts';

/**
 * Header fields of a reply, as an object, a `Headers` or a list of entries. A list of values is sent as one field line
 * each, as `set-cookie` requires. Connection-specific fields (`transfer-encoding`, `keep-alive`, `upgrade` and others)
 * are ignored.
 */
export type ReplyHeaders =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

/** A value with the status and header fields of its response. Created by {@link reply}. */
export class Reply {
  static {
    acrossCopies(this, 'Reply');
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
 * Responds with a status and header fields. Like a problem, a reply can be returned or thrown.
 *
 * @param options.status - @default 200, 204 for null or undefined, the status of a problem
 * @throws RangeError when the status is not between 200 and 599.
 * @throws RouterError SONDE_ROUTER_OPTION when the options are not an object or have an unknown member.
 *
 * @example
 * ```ts
 * import { createRouter, reply } from '@sonde/router';
 *
 * createRouter().get('/report', () => reply({ rows: 3 }, { headers: { 'cache-control': 'max-age=60' } }));
 * ```
 */
export function reply(value: unknown, options: { status?: number; headers?: ReplyHeaders } = {}): Reply {
  const { status, headers, ...others } = Object(options) as typeof options;
  if (typeof options !== 'object' || typeof (headers ?? {}) !== 'object' || Object.keys(others).length) {
    throw unexpected('reply', '{ status, headers }', options);
  }
  return new Reply(value, status, headers);
}

/**
 * Responds with 201 and the `Location` of the created resource.
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
    location !== undefined ? { location: encodeLocation('created', location) } : undefined,
  );
}

const redirectStatuses = '301, 302, 303, 307 or 308';

/**
 * Redirects the client.
 *
 * @param status - 301, 302, 303, 307 or 308. @default 302
 * @throws RouterError SONDE_ROUTER_OPTION when the location is not a string or URL, or the status is invalid.
 *
 * @example
 * ```ts
 * import { createRouter, redirect } from '@sonde/router';
 *
 * createRouter().get('/old', () => redirect('/new', 308));
 * ```
 */
export function redirect(location: string | URL, status: 301 | 302 | 303 | 307 | 308 = 302): Reply {
  // `Reply` rejects the numbers that are a part of one of these.
  if (!redirectStatuses.includes(String(status))) throw unexpected('redirect', redirectStatuses, status);
  return new Reply(null, status, { location: encodeLocation('redirect', location) });
}

function encodeLocation(where: string, location: unknown): string {
  if (typeof location === 'string' || location instanceof URL) return percentEncode(String(location));
  throw unexpected(where, 'a string or URL', location);
}

/** The media type of JSON. */
export const jsonType = 'application/json';

/** Whether a thrown value is a response and not an error. */
export function isReply(thrown: unknown): boolean {
  try {
    return thrown instanceof Problem || thrown instanceof Reply || platformTag(thrown) === 'Response';
  } catch {
    // A revoked proxy, or a throwing accessor.
    return false;
  }
}

/** The tag of a value of the platform, such as `Response`: Node.js loads its fetch implementation when that is accessed. */
export const platformTag = (value: unknown): string | undefined =>
  (value as { readonly [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag];

/** Header fields by lower-case name. */
export type Fields = Record<string, string | readonly string[]>;

/** Connection-specific fields, which HTTP/2 rejects. `connection` is handled separately. */
const connectionFields = new Set(
  'http2-settings keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

/** Sets a header field, unless it is connection-specific. Appends to a field that is a list of several authors. */
export function putField(fields: Fields, name: string, value: string | readonly string[]): void {
  const key = name.toLowerCase();
  if (connectionFields.has(key)) return;
  const existing = fields[key];
  if (existing === undefined || !/^(set-cookie|vary|server-timing)$/.test(key)) fields[key] = value;
  else
    fields[key] = key === 'set-cookie' ? [existing, value].flat() : `${String(existing)}, ${String(value)}`;
}
