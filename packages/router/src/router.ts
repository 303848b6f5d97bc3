import type { IncomingMessage, ServerResponse } from 'node:http';
import { isToken } from './body.ts';
import type { Context, RequestContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { handleFetch } from './fetch-adapter.ts';
import { type Core, handleNode } from './node-adapter.ts';
import { RouterError } from './router-error.ts';
import { RouteTable } from './route-table.ts';
import { RouteTelemetry } from './route-telemetry.ts';
import { listen, type ListenOptions, type Server } from './server.ts';
import { type Params, parseTemplate } from './template.ts';
import { Telemetry } from './telemetry.ts';

/** What a handler may return, now or later. */
export type Answerable = object | string | number | boolean | null | undefined | void;

/** Answers a request. */
export type Handler<C> = (c: C) => Answerable | Promise<Answerable>;

/** Options of one route. */
export interface RouteOptions {
  /** False leaves this route out of traces and metrics. @default true */
  readonly telemetry?: boolean;
}

/** Options of a router. */
export interface RouterOptions {
  /** The largest body that is read, in bytes. @default 1 MiB */
  readonly bodyLimitBytes?: number;
}

type Verb = <Template extends string>(
  template: Template,
  ...rest: [...([] | [RouteOptions]), Handler<Context<Params<Template>>>]
) => Router;

/** A router: routes in, requests answered. Made by {@link createRouter}. */
export interface Router {
  readonly get: Verb;
  readonly post: Verb;
  readonly put: Verb;
  readonly patch: Verb;
  readonly delete: Verb;
  readonly head: Verb;
  readonly options: Verb;
  on<Template extends string>(
    methods: string | readonly string[],
    template: Template,
    ...rest: [...([] | [RouteOptions]), Handler<Context<Params<Template>>>]
  ): Router;
  /** Answers one request without a server. */
  fetch(request: Request): Promise<Response>;
  /** Listens on a port. */
  listen(options?: ListenOptions): Promise<Server>;
}

/**
 * Makes a router.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 *
 * const server = await createRouter().get('/', () => ({ message: 'Hello, World!' })).listen({ port: 0 });
 * await server.close();
 * ```
 */
export function createRouter(options: RouterOptions = {}): Router {
  const table = new RouteTable();
  const core: Core = {
    table,
    telemetry: new Telemetry(),
    bodyLimitBytes: options.bodyLimitBytes ?? 1 << 20,
    onError: undefined,
  };
  const add = (methods: string | readonly string[], template: string, rest: readonly unknown[]): Router => {
    for (const method of typeof methods === 'string' ? [methods] : methods) {
      if (!isToken(method))
        throw new RouterError('SONDE_ROUTE_METHOD', `${JSON.stringify(method)} is no method`);
      table.add(endpointOf(method, template, rest));
    }
    return router;
  };
  const verb =
    (method: string): Verb =>
    (template, ...rest) =>
      add(method, template, rest);
  const router: Router = {
    get: verb('GET'),
    post: verb('POST'),
    put: verb('PUT'),
    patch: verb('PATCH'),
    delete: verb('DELETE'),
    head: verb('HEAD'),
    options: verb('OPTIONS'),
    on: (methods, template, ...rest) => add(methods, template, rest),
    fetch: (request) => handleFetch(core, request),
    listen: (where) =>
      listen((req: IncomingMessage, res: ServerResponse) => handleNode(core, req, res, true), where),
  };
  return router;
}

function endpointOf(method: string, route: string, rest: readonly unknown[]): Endpoint {
  const handler = rest.at(-1) as (c: RequestContext) => unknown;
  const options = (rest.length > 1 ? rest[0] : {}) as RouteOptions;
  const endpoint = (as: string, head?: Endpoint): Endpoint => ({
    method: as,
    route,
    paramNames: parseTemplate(route).flatMap(({ kind, text }) => (kind === 'static' ? [] : [text])),
    telemetry: options.telemetry === false ? undefined : new RouteTelemetry(as, route),
    bodyLimitBytes: undefined,
    matched: true,
    head,
    handle: handler,
  });
  return endpoint(method, method === 'GET' ? endpoint('HEAD') : undefined);
}
