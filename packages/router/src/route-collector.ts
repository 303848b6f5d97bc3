import type { IncomingMessage, ServerResponse } from 'node:http';
import { isToken } from './body.ts';
import type { ErrorMapper, Handle } from './endpoint.ts';
import { type Core, handle, type NextFunction } from './handle.ts';
import { handleFetch } from './handle-fetch.ts';
import type { AddedBy, AnyMiddleware, Middleware } from './middleware.ts';
import { checkOptions } from './options.ts';
import { endpointOf, type Route, type RouteOptions } from './route.ts';
import { RouteTable } from './route-table.ts';
import type { Mountable, RouteInfo, Router, RouterOptions, Verb } from './router.ts';
import { RouterError } from './router-error.ts';
import { listen, type ListenOptions, type Server } from './server.ts';
import { type TelemetryOptions, telemetryOf } from './telemetry.ts';

/** Takes routes and hands requests to them. Types are erased here: {@link Router} has them. */
export class RouteCollector<State extends object, Needs extends object> implements Router<State, Needs> {
  readonly get: Verb<State, Needs> = this.#verb('GET');
  readonly post: Verb<State, Needs> = this.#verb('POST');
  readonly put: Verb<State, Needs> = this.#verb('PUT');
  readonly patch: Verb<State, Needs> = this.#verb('PATCH');
  readonly delete: Verb<State, Needs> = this.#verb('DELETE');
  readonly head: Verb<State, Needs> = this.#verb('HEAD');
  readonly options: Verb<State, Needs> = this.#verb('OPTIONS');
  readonly #routes: Route[] = [];
  readonly #middlewares: AnyMiddleware[] = [];
  readonly #core: Core;
  readonly #options: RouterOptions;
  #mounted = false;

  constructor(options: RouterOptions) {
    const { trustProxy = false, telemetry = true } = options;
    this.#options = options;
    this.#core = {
      table: new RouteTable(),
      startTelemetry: telemetry === false ? undefined : telemetryOf(Object(telemetry) as TelemetryOptions),
      trustedHops: Number(trustProxy),
    };
  }

  readonly handler = (req: IncomingMessage, res: ServerResponse, next?: NextFunction): void =>
    handle(this.#core, req, res, undefined, next);

  readonly fetch = (request: Request): Promise<Response> => handleFetch(this.#core, request);

  listen(options: ListenOptions = {}): Promise<Server> {
    return listen((req, res, lifeCycle) => handle(this.#core, req, res, lifeCycle), options);
  }

  routes(): readonly RouteInfo[] {
    return this.#routes.map(({ method, template }) => ({ method, route: template }));
  }

  on(methods: string | readonly string[], template: string, ...rest: readonly unknown[]): this {
    const [options, handler] = rest.length > 1 ? rest : [{}, rest[0]];
    if (typeof handler !== 'function') {
      throw new RouterError('SONDE_ROUTER_OPTION', `${template} has no handler`);
    }
    for (const method of [methods].flat()) {
      if (!isToken(method)) throw new RouterError('SONDE_ROUTE_METHOD', `"${method}" is no method`);
      checkOptions(`${method} ${template}`, options as RouteOptions, routeOptions);
      this.#add({ ...(options as RouteOptions), method, template, handle: handler as Handle });
    }
    return this;
  }

  use<Result>(middleware: Middleware<State, Result>): Router<State & AddedBy<Result>, Needs> {
    this.#middlewares.push(middleware as AnyMiddleware);
    return this as Router<State & AddedBy<Result>, Needs>;
  }

  mount(prefix: string, router: Mountable<State>): this {
    if (prefix.endsWith('/') && prefix !== '/') {
      throw new RouterError('SONDE_ROUTE_TEMPLATE', `Prefix "${prefix}" ends with a slash`);
    }
    const base = prefix === '/' ? '' : prefix;
    for (const route of router['~mounted'](undefined as unknown as State)) {
      this.#add({ ...route, template: base + (route.template === '/' ? '' : route.template) || '/' });
    }
    return this;
  }

  '~mounted'(): readonly Route[] {
    this.#mounted = true;
    return this.#routes;
  }

  #verb(method: string): Verb<State, Needs> {
    return (template: string, ...rest: readonly unknown[]) => this.on(method, template, ...rest);
  }

  /** What the route does not say itself, this router says. */
  #add(route: Route): void {
    if (this.#mounted) {
      throw new RouterError('SONDE_ROUTER_MOUNTED', `${route.template} comes too late`);
    }
    const full: Route = {
      ...route,
      middlewares: [...this.#middlewares, ...(route.middlewares ?? [])],
      bodyLimitBytes: route.bodyLimitBytes ?? this.#options.bodyLimitBytes,
      onError: route.onError ?? (this.#options.onError as ErrorMapper | undefined),
    };
    this.#core.table.add(endpointOf(full));
    this.#routes.push(full);
  }
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
};
