import { checked } from './options.ts';
import { RouteCollector } from './route-collector.ts';
import type { Router, RouterOptions } from './router.ts';

/**
 * Makes a router.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 *
 * const server = await createRouter()
 *   .get('/', () => ({ message: 'Hello, World!' }))
 *   .listen({ port: 0 });
 * await server.close();
 * ```
 */
export function createRouter<Needs extends object = object>(
  options: RouterOptions = {},
): Router<Needs, Needs> {
  const known = checked('createRouter', options, {
    bodyLimitBytes: 'number',
    onError: 'function',
    trustProxy: 'boolean or number',
    telemetry: 'boolean or object',
  });
  checked('createRouter, telemetry', Object(known.telemetry) as object, {
    serverTiming: 'boolean',
    bodySizes: 'boolean',
    redactQuery: 'object',
  });
  return new RouteCollector<Needs, Needs>(known);
}
