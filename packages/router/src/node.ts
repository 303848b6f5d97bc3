import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from './http/context.ts';
import type { Next, NextResult } from './http/middleware.ts';
import type { RequestContext } from './http/request-context.ts';
import { unexpected } from './router-error.ts';

/** A handler of the Node.js ecosystem: for Express, Connect or Polka. */
export type NodeMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Uses a middleware of the Node.js ecosystem (helmet, compression, sirv and others) as a middleware of the router. It
 * responds itself, or continues with the routes; header fields that it sets are kept. Works on a server, not in `fetch`.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when the argument is not a function.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { fromNode } from '@sonde/router/node';
 *
 * createRouter()
 *   .use(
 *     fromNode((req, res, next) => {
 *       res.setHeader('x-powered-by', 'Node.js');
 *       next();
 *     }),
 *   )
 *   .get('/', () => 'ok');
 * ```
 */
export function fromNode(
  middleware: NodeMiddleware,
): (c: Context, next: Next) => Promise<NextResult<object>> {
  if (typeof middleware !== 'function') throw unexpected('fromNode', 'a function', middleware);
  return (c, next) =>
    new Promise((resolve, reject) => {
      const { fields, req, res } = c as unknown as RequestContext;
      // When it responds itself, the router has nothing to write.
      res.once('close', () => resolve(null as unknown as NextResult<object>));
      const url = req.url;
      for (const [name, value] of Object.entries(fields ?? {})) res.setHeader(name, value);
      const done = (error?: unknown): void => {
        // Libraries may rewrite the target for themselves.
        Object.assign(req, { url });
        if (error) reject(error);
        else resolve(next());
      };
      Promise.resolve(middleware(req, res, done)).catch(reject);
    });
}
