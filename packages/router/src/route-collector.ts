import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import type { ErrorMapper, Handle } from './endpoint.ts';
import { type Core, handle, type NextFunction } from './handle.ts';
import { handleFetch } from './handle-fetch.ts';
import { verbs } from './methods.ts';
import type { AddedBy, AnyMiddleware, Middleware } from './middleware.ts';
import { checked } from './options.ts';
import type { Route, RouteOptions } from './route.ts';
import { RouteTable } from './route-table.ts';
import type { Mountable, RouteInfo, Router, RouterOptions, Verb } from './router.ts';
import { RouterError } from './router-error.ts';
import { listen, type ListenOptions, type Server } from './server.ts';
import { type TelemetryOptions, telemetryOf } from './telemetry.ts';

/** Takes routes and hands requests to them. Types are erased here: {@link Router} has them. */
export class RouteCollector<State extends object, Needs extends object> implements Router<State, Needs> {
  declare readonly get: Verb<State, Needs>;
  declare readonly post: Verb<State, Needs>;
  declare readonly put: Verb<State, Needs>;
  declare readonly patch: Verb<State, Needs>;
  declare readonly delete: Verb<State, Needs>;
  declare readonly head: Verb<State, Needs>;
  declare readonly options: Verb<State, Needs>;
  readonly #routes: Route[] = [];
  readonly #middlewares: AnyMiddleware[] = [];
  readonly #core: Core;
  readonly #options: RouterOptions & { readonly onError?: ErrorMapper };
  #mounted = false;

  constructor(options: RouterOptions) {
    const { trustProxy = false, telemetry = true } = options;
    this.#options = options as RouterOptions & { readonly onError?: ErrorMapper };
    this.#core = {
      table: new RouteTable({ ...this.#options, method: '', template: '', middlewares: this.#middlewares }),
      start: telemetry ? telemetryOf(Object(telemetry) as TelemetryOptions) : undefined,
      hops: Number(trustProxy),
    };
    for (const verb of verbs) {
      Reflect.set(this, verb.toLowerCase(), (...route: [string, ...unknown[]]) => this.on(verb, ...route));
    }
  }

  readonly handler = (req: IncomingMessage, res: ServerResponse, next?: NextFunction): void =>
    handle(this.#core, req, res, next);

  readonly fetch = (request: Request): Promise<Response> => handleFetch(this.#core, request);

  listen(options: ListenOptions = {}): Promise<Server> {
    return listen(this.#core, options);
  }

  routes(): readonly RouteInfo[] {
    return this.#routes.map(({ method, template }) => ({ method, route: template }));
  }

  on(methods: string | readonly string[], template: string, ...rest: unknown[]): this {
    // What is undefined would be left out of the check.
    const handler = (rest.pop() ?? null) as Handle;
    const [options] = rest as [RouteOptions?];
    for (const method of [methods].flat()) {
      if (!METHODS.includes(method)) throw new RouterError('SONDE_ROUTE_METHOD', `"${method}" is no method`);
      const known = checked(`${method} ${template}`, { ...options, handler }, routeOptions);
      this.#add({ ...known, method, template });
    }
    return this;
  }

  use<Result>(middleware: Middleware<State, Result>): Router<State & AddedBy<Result>, Needs> {
    this.#middlewares.push(middleware as AnyMiddleware);
    return this as Router<State & AddedBy<Result>, Needs>;
  }

  mount(prefix: string, router: Mountable<State>): this {
    for (const route of router['~mounted'](undefined as unknown as State)) {
      // A slash on either side stands for nothing.
      const template = [prefix, route.template].filter((part) => part !== '/').join('');
      this.#add({ ...route, template: template || '/' });
    }
    return this;
  }

  '~mounted'(): readonly Route[] {
    this.#mounted = true;
    return this.#routes;
  }

  /** What the route does not say itself, this router says. */
  #add(route: Route): void {
    if (this.#mounted) throw new RouterError('SONDE_ROUTER_MOUNTED', `${route.template} comes too late`);
    const middlewares = [...this.#middlewares, ...(route.middlewares ?? [])];
    const full: Route = { ...this.#options, ...route, middlewares };
    this.#core.table.add(full);
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
  handler: 'function',
};
