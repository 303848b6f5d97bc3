import { checkOptions } from './options.ts';
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
  checkOptions('createRouter', options, {
    bodyLimitBytes: 'a count',
    onError: 'a function',
    trustProxy: 'true, false or a count',
    telemetry: 'true, false or an object',
  });
  if (typeof options.telemetry === 'object') {
    checkOptions('createRouter, telemetry', options.telemetry, {
      serverTiming: 'true or false',
      bodySizes: 'true or false',
      redactQuery: 'a list of names',
    });
  }
  return new RouteCollector<Needs, Needs>(options);
}
