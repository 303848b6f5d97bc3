import type { Context } from './http/context.ts';
import type { Next, NextResult } from './http/middleware.ts';
import { reply, type Reply } from './http/reply.ts';
import { unexpected } from './router-error.ts';

/** Options of {@link cors}. */
export interface CorsOptions {
  /** The origins that may read responses: all (`*`), one, a list, or a function. @default '*' */
  readonly origin?: string | readonly string[] | ((origin: string, c: Context) => boolean);
  /** Whether requests may have cookies and HTTP authentication; requires explicit origins. @default false */
  readonly credentials?: boolean;
  /** The methods of the response to a preflight. @default GET, HEAD, PUT, PATCH, POST and DELETE */
  readonly methods?: readonly string[];
  /** The header fields that requests may have. @default those that the preflight names */
  readonly allowedHeaders?: readonly string[];
  /** The header fields of a response that scripts may read. @default [] */
  readonly exposedHeaders?: readonly string[];
  /** The time that a browser may cache the response to a preflight, in seconds. @default the browser's, mostly 5 */
  readonly maxAgeSeconds?: number;
}

const defaultMethods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'];

/**
 * A middleware for cross-origin requests. It answers preflight requests and adds the fields to all other responses, also
 * to 404 and errors. Register it before the routes.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when an option is unknown, or `credentials` is combined with all origins.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { cors } from '@sonde/router/cors';
 *
 * createRouter()
 *   .use(cors({ origin: ['https://shop.example'], credentials: true }))
 *   .put('/users/:id', (c) => c.params);
 * ```
 */
export function cors(
  options: CorsOptions = {},
): (c: Context, next: Next) => Promise<NextResult<object> | Reply> {
  const {
    origin = '*',
    credentials = false,
    methods = defaultMethods,
    allowedHeaders,
    exposedHeaders = [],
    maxAgeSeconds,
    ...others
  } = Object(options) as CorsOptions;
  if (Object.keys(others).length) throw unexpected('cors', 'the options of CorsOptions', options);
  if (credentials && origin === '*') throw unexpected('cors', 'explicit origins with credentials', options);
  const isAllowed =
    typeof origin === 'function' ? origin : (from: string): boolean => [origin].flat().includes(from);

  return async (c, next) => {
    const { origin: from } = c.headers;
    const isPreflight = c.method === 'OPTIONS' && 'access-control-request-method' in c.headers;
    // The response depends on the origin even when this request has none: caches must know.
    if (origin !== '*') c.header('vary', 'origin');
    if (isPreflight && !allowedHeaders) c.header('vary', 'access-control-request-headers');
    const allowed = origin === '*' ? '*' : from !== undefined && isAllowed(from, c) ? from : undefined;
    if (allowed !== undefined && from !== undefined) {
      c.header('access-control-allow-origin', allowed);
      if (credentials) c.header('access-control-allow-credentials', 'true');
      if (!isPreflight && exposedHeaders.length) {
        c.header('access-control-expose-headers', exposedHeaders.join(', '));
      }
    }
    if (!isPreflight) return next();
    if (allowed !== undefined) {
      c.header('access-control-allow-methods', methods.join(', '));
      const headers = allowedHeaders?.join(', ') ?? c.headers['access-control-request-headers'];
      if (headers) c.header('access-control-allow-headers', headers);
      if (maxAgeSeconds !== undefined) c.header('access-control-max-age', String(maxAgeSeconds));
    }
    return reply(null);
  };
}
