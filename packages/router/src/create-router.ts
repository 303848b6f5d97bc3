import { METHODS } from 'node:http';
import type { Endpoint, ErrorMapper, Handle } from './routing/endpoint.ts';
import { type RouterCore, handle } from './http/handle.ts';
import { verbs } from './routing/methods.ts';
import { type AnyMiddleware, compose } from './http/middleware.ts';
import { validateOptions } from './options.ts';
import type { TrustProxyOptions } from './http/origin.ts';
import type { RouteInfo, RouteOptions } from './routing/route.ts';
import { createRouteTable, notFound } from './routing/route-table.ts';
import type { Mountable, Router, RouterOptions } from './router.ts';
import { RouterError, unexpected } from './router-error.ts';
import type { ListenOptions, Server } from './http/server.ts';
import { type TelemetryOptions, createTelemetry } from './telemetry/telemetry.ts';
import { parameterNames } from './routing/template.ts';
import { withValidation } from './http/validate.ts';

/**
 * Creates a router.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when an option is unknown or invalid.
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
  const checked = validateOptions(
    'createRouter',
    options as Omit<RouterOptions, 'onError' | 'onNotFound'> & {
      readonly onError?: ErrorMapper;
      readonly onNotFound?: Handle;
    },
    {
      bodyLimitBytes: 'number',
      onError: 'function',
      onNotFound: 'function',
      trustProxy: 'boolean or number or object',
      telemetry: 'boolean or object',
    },
  );
  const { trustProxy = false, telemetry } = checked;
  const routes: Endpoint[] = [];
  const middlewares: AnyMiddleware[] = [];
  let mounted = false;

  // The options of a route override those of the router.
  const createEndpoint = (route: NewEndpoint): Endpoint => ({
    bodyLimitBytes: 1_048_576,
    ...checked,
    ...route,
    names: parameterNames(route.route),
    handle: middlewares.reduceRight(compose, route.handle),
  });
  const table = createRouteTable(
    (respond) => createEndpoint({ method: '', route: '', handle: respond }),
    checked.onNotFound ?? (() => notFound),
  );
  const add = (route: NewEndpoint): void => {
    if (mounted)
      throw new RouterError(
        'SONDE_ROUTER_MOUNTED',
        `Cannot add route ${route.route}: the router is already mounted`,
      );
    const endpoint = createEndpoint(route);
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
    trustProxy: toProxyOptions(trustProxy),
  };

  // Erased types: `Router` declares them.
  const router = {
    on(methods: string | readonly string[], route: string, ...args: unknown[]): unknown {
      const list = [methods].flat();
      if (!list.length) list.push('');
      for (const method of list) {
        // Node.js does not emit CONNECT as a `request` event.
        if (!METHODS.includes(method) || method === 'CONNECT')
          throw new RouterError('SONDE_ROUTE_METHOD', `Unknown HTTP method "${method}"`);
        const where = `${method} ${route}`;
        const functions = [...args];
        const handler = callable(where, 'a handler', functions.pop() as Handle);
        const hasOptions = functions.length > 0 && typeof functions[0] !== 'function';
        const routeSettings = validateOptions(
          where,
          (hasOptions ? functions.shift() : {}) as RouteOptions,
          routeOptions,
        );
        const inner = withValidation(routeSettings, handler);
        add({
          ...routeSettings,
          method,
          route,
          handle: functions.map(toMiddleware(where)).reduceRight(compose, inner),
        });
      }
      return router;
    },
    use(...added: unknown[]): unknown {
      if (!added.length) throw unexpected('use', 'a middleware', undefined);
      middlewares.push(...added.map(toMiddleware('use')));
      return router;
    },
    mount(prefix: string, other: Mountable<object>, ...others: unknown[]): unknown {
      if (typeof prefix !== 'string') throw unexpected('mount', 'a path', prefix);
      const endpoints = (other as Partial<typeof other> | undefined)?.['~mounted'];
      if (!endpoints || others.length) throw unexpected(`mount ${prefix}`, 'one router', [other, ...others]);
      for (const endpoint of endpoints({}) as readonly Endpoint[]) {
        // A prefix or route `/` adds no segment.
        const route = [prefix, endpoint.route].filter((part) => part !== '/').join('');
        add({ ...endpoint, route: route || '/' });
      }
      return router;
    },
    routes: (): readonly RouteInfo[] =>
      routes.map((endpoint) => pick(endpoint, 'method route params query headers body response docs')),
    fetch: async (request: Request): Promise<Response> =>
      (await import('./http/handle-fetch.ts')).handleFetch(core, handle, request),
    async listen(where?: ListenOptions | number, ...others: unknown[]): Promise<Server> {
      if (others.length) throw unexpected('listen', 'one argument', others);
      const { listen } = await import('./http/server.ts');
      return listen(core, { handle, validateOptions, RouterError }, where);
    },
    handler: handle.bind(undefined, core),
    '~mounted'(): readonly Endpoint[] {
      mounted = true;
      return routes;
    },
  };
  for (const verb of verbs) {
    Reflect.set(router, verb.toLowerCase(), router.on.bind(router, verb));
  }
  Reflect.set(router, 'all', router.on.bind(router, verbs));
  return router as unknown as Router<Needs, Needs>;
}

/** An endpoint before the options of its router apply. */
type NewEndpoint = Omit<Endpoint, 'names' | 'bodyLimitBytes'> & Pick<RouteOptions, 'bodyLimitBytes'>;

const routeOptions = {
  params: 'schema',
  query: 'schema',
  headers: 'schema',
  body: 'schema',
  response: 'object',
  docs: 'object',
  bodyLimitBytes: 'number',
  telemetry: 'boolean',
};

function callable<Value>(where: string, expected: string, value: Value): Value {
  if (typeof value === 'function') return value;
  throw unexpected(where, expected, value);
}

const pick = (endpoint: Endpoint, names: string): RouteInfo =>
  Object.fromEntries(
    Object.entries(endpoint).filter(([name]) => names.split(' ').includes(name)),
  ) as unknown as RouteInfo;

const toMiddleware = (where: string) => (value: unknown) =>
  callable(where, 'a middleware', value as AnyMiddleware);

function toProxyOptions(trustProxy: boolean | number | TrustProxyOptions): TrustProxyOptions {
  const options = typeof trustProxy === 'object' ? trustProxy : { hops: Number(trustProxy) };
  return {
    hops: 1,
    header: 'x-forwarded',
    ...validateOptions('trustProxy', options, { hops: 'number', header: "'forwarded' or 'x-forwarded'" }),
  };
}
