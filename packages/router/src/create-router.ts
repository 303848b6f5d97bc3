import { METHODS } from 'node:http';
import type { Endpoint, ErrorMapper, Handle } from './endpoint.ts';
import { type Core, handle } from './handle.ts';
import { handleFetch } from './handle-fetch.ts';
import { verbs } from './methods.ts';
import { type AnyMiddleware, around } from './middleware.ts';
import { checked } from './options.ts';
import type { RouteOptions } from './route.ts';
import { routeTable } from './route-table.ts';
import type { Mountable, RouteInfo, Router, RouterOptions } from './router.ts';
import { RouterError } from './router-error.ts';
import { listen } from './server.ts';
import { type TelemetryOptions, telemetryOf } from './telemetry.ts';
import { namesOf } from './template.ts';
import { validated } from './validate.ts';

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
  const own = checked('createRouter', options as RouterOptions & { readonly onError?: ErrorMapper }, {
    bodyLimitBytes: 'number',
    onError: 'function',
    trustProxy: 'boolean or number',
    telemetry: 'boolean or object',
  });
  const { trustProxy = false, telemetry } = own;
  const routes: Endpoint[] = [];
  const middlewares: AnyMiddleware[] = [];
  let mounted = false;

  // What a route does not say itself, its router says.
  const endpointOf = (route: Omit<Endpoint, 'names'>): Endpoint => ({
    ...own,
    ...route,
    names: namesOf(route.route),
    handle: middlewares.reduceRight(around, route.handle),
  });
  const table = routeTable((value) => endpointOf({ method: '', route: '', handle: () => value }));
  const add = (route: Omit<Endpoint, 'names'>): void => {
    if (mounted) throw new RouterError('SONDE_ROUTER_MOUNTED', `${route.route} is too late`);
    const endpoint = endpointOf(route);
    table.add(endpoint);
    routes.push(endpoint);
  };
  const core: Core = {
    table,
    start:
      telemetry === false
        ? undefined
        : telemetryOf(
            checked('telemetry', Object(telemetry) as TelemetryOptions, {
              bodySizes: 'boolean',
              serverTiming: 'boolean',
              redactQuery: 'object',
            }),
          ),
    hops: Number(trustProxy),
  };

  // Types are erased here: Router has them.
  const router = {
    on(methods: string | readonly string[], route: string, ...rest: unknown[]): unknown {
      // What is undefined would be left out of the check.
      const handler = (rest.pop() ?? null) as Handle;
      for (const method of [methods].flat()) {
        if (!METHODS.includes(method))
          throw new RouterError('SONDE_ROUTE_METHOD', `"${method}" is no method`);
        const known = checked(`${method} ${route}`, { ...(rest[0] as RouteOptions), handler }, routeOptions);
        add({ ...known, method, route, handle: validated(known, handler) });
      }
      return router;
    },
    use(middleware: AnyMiddleware): unknown {
      middlewares.push(middleware);
      return router;
    },
    mount(prefix: string, other: Mountable<object>): unknown {
      for (const endpoint of other['~mounted']({})) {
        // A slash on either side stands for nothing.
        const route = [prefix, endpoint.route].filter((part) => part !== '/').join('');
        add({ ...endpoint, route: route || '/' });
      }
      return router;
    },
    routes: (): readonly RouteInfo[] => routes.map(({ method, route }) => ({ method, route })),
    fetch: handleFetch.bind(undefined, core),
    listen: listen.bind(undefined, core),
    handler: handle.bind(undefined, core),
    '~mounted'(): readonly Endpoint[] {
      mounted = true;
      return routes;
    },
  };
  for (const verb of verbs) {
    Reflect.set(router, verb.toLowerCase(), router.on.bind(router, verb));
  }
  return router as unknown as Router<Needs, Needs>;
}

/** A schema may be a function, too. */
const schema = 'object or function';

const routeOptions = {
  params: schema,
  query: schema,
  headers: schema,
  body: schema,
  bodyLimitBytes: 'number',
  telemetry: 'boolean',
  handler: 'function',
};
