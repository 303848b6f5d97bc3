import { METHODS } from 'node:http';
import type { Endpoint, ErrorMapper, Handle } from './routing/endpoint.ts';
import { type RouterCore, handle } from './http/handle.ts';
import { handleFetch } from './http/handle-fetch.ts';
import { verbs } from './routing/methods.ts';
import { type AnyMiddleware, compose } from './http/middleware.ts';
import { validateOptions } from './options.ts';
import type { TrustProxyOptions } from './http/origin.ts';
import type { RouteOptions } from './routing/route.ts';
import { routeTable } from './routing/route-table.ts';
import type { Mountable, RouteInfo, Router, RouterOptions } from './router.ts';
import { RouterError, unexpected } from './router-error.ts';
import { listen } from './http/server.ts';
import { type TelemetryOptions, createTelemetry } from './telemetry/telemetry.ts';
import { parameterNames } from './routing/template.ts';
import { withValidation } from './http/validate.ts';

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
  const own = validateOptions('createRouter', options as RouterOptions & { readonly onError?: ErrorMapper }, {
    bodyLimitBytes: 'number',
    onError: 'function',
    trustProxy: 'boolean or number or object',
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
    names: parameterNames(route.route),
    handle: middlewares.reduceRight(compose, route.handle),
  });
  const table = routeTable((value) => endpointOf({ method: '', route: '', handle: () => value }));
  const add = (route: Omit<Endpoint, 'names'>): void => {
    if (mounted) throw new RouterError('SONDE_ROUTER_MOUNTED', `${route.route} is too late`);
    const endpoint = endpointOf(route);
    table.add(endpoint);
    routes.push(endpoint);
  };
  const core: RouterCore = {
    table,
    start:
      telemetry === false
        ? undefined
        : createTelemetry(
            validateOptions('telemetry', Object(telemetry) as TelemetryOptions, {
              bodySizes: 'boolean',
              serverTiming: 'boolean',
              redactQuery: 'list of names',
            }),
          ),
    trustProxy: proxies(trustProxy),
  };

  // Types are erased here: Router has them.
  const router = {
    on(methods: string | readonly string[], route: string, ...rest: unknown[]): unknown {
      const list = [methods].flat();
      if (!list.length) throw new RouterError('SONDE_ROUTE_METHOD', `${route} has no method`);
      for (const method of list) {
        // Node hands a CONNECT request to nobody who listens for requests.
        if (!METHODS.includes(method) || method === 'CONNECT')
          throw new RouterError('SONDE_ROUTE_METHOD', `"${method}" is no method`);
        const where = `${method} ${route}`;
        const functions = [...rest];
        const handler = callable(where, 'a handler', functions.pop() as Handle);
        const optional = functions.length > 0 && typeof functions[0] !== 'function';
        const known = validateOptions(
          where,
          (optional ? functions.shift() : {}) as RouteOptions,
          routeOptions,
        );
        const inner = withValidation(known, handler);
        add({
          ...known,
          method,
          route,
          handle: functions.map(middlewareOf(where)).reduceRight(compose, inner),
        });
      }
      return router;
    },
    use(...more: unknown[]): unknown {
      if (!more.length) throw unexpected('use', 'a middleware', undefined);
      middlewares.push(...more.map(middlewareOf('use')));
      return router;
    },
    mount(prefix: string, other: Mountable<object>, ...others: unknown[]): unknown {
      if (typeof prefix !== 'string') throw unexpected('mount', 'a path', prefix);
      const endpoints = (other as Partial<typeof other> | undefined)?.['~mounted'];
      if (!endpoints || others.length) throw unexpected(`mount ${prefix}`, 'one router', [other, ...others]);
      for (const endpoint of endpoints({}) as readonly Endpoint[]) {
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

const routeOptions = {
  params: 'schema',
  query: 'schema',
  headers: 'schema',
  body: 'schema',
  bodyLimitBytes: 'number',
  telemetry: 'boolean',
};

function callable<Value>(where: string, expected: string, value: Value): Value {
  if (typeof value === 'function') return value;
  throw unexpected(where, expected, value);
}

const middlewareOf = (where: string) => (value: unknown) =>
  callable(where, 'a middleware', value as AnyMiddleware);

function proxies(trustProxy: boolean | number | TrustProxyOptions): TrustProxyOptions {
  if (typeof trustProxy !== 'object') return { hops: Number(trustProxy) };
  const known = validateOptions('trustProxy', trustProxy, { hops: 'number', header: 'string' });
  if (known.header && !['forwarded', 'x-forwarded'].includes(known.header)) {
    throw unexpected('trustProxy.header', "'forwarded' or 'x-forwarded'", known.header);
  }
  return known;
}
