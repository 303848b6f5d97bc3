import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from './http/context.ts';
import type { StateOf, Middleware } from './http/middleware.ts';
import type { NextFunction } from './http/handle.ts';
import type { TrustProxyOptions } from './http/origin.ts';
import type {
  HandlerResult,
  CompatibleSchema,
  Handler,
  RouteContext,
  RouteInfo,
  RouteOptions,
} from './routing/route.ts';
import type { ListenOptions, Server } from './http/server.ts';
import type { Method } from './routing/methods.ts';
import type { ValidTemplate } from './routing/template.ts';
import type { TelemetryOptions } from './telemetry/telemetry.ts';

/** Options of a router. */
export interface RouterOptions {
  /** Maximum size of a request body, in bytes; the response to a larger one is 413. @default 1048576, 1 MiB */
  readonly bodyLimitBytes?: number;
  /**
   * Maps an unexpected error to a response. For undefined, the response is a 500 without detail, and the error is logged
   * through the OpenTelemetry API, or to stderr when no SDK is registered. @default undefined for all errors
   */
  readonly onError?: (error: unknown, c: Context) => HandlerResult | Promise<HandlerResult>;
  /** Responds to requests whose path matches no route. @default a 404 problem */
  readonly onNotFound?: (c: Context) => HandlerResult | Promise<HandlerResult>;
  /**
   * Number of your own proxies in front of the server, whose `x-forwarded-*` fields are trusted; true means one, and an
   * object can select `forwarded`. A proxy must set or remove each of these fields: otherwise they come from the client.
   * @default false, which ignores all of them
   */
  readonly trustProxy?: boolean | number | TrustProxyOptions;
  /** False disables spans and metrics; an object enables optional ones. @default true */
  readonly telemetry?: boolean | TelemetryOptions;
}

/** Registers a route: its template, options, middleware and handler. */
export interface Verb<State extends object, Needs extends object> {
  <Template extends string>(
    template: Template & ValidTemplate<Template>,
    handler: Handler<RouteContext<Template, object, State>>,
  ): Router<State, Needs>;
  <Template extends string, First>(
    template: Template & ValidTemplate<Template>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, First, Second>(
    template: Template & ValidTemplate<Template>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions>(
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    handler: Handler<RouteContext<Template, Options, State>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First>(
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First, Second>(
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
}

/** Registers a route for one or more methods, otherwise like {@link Verb}. */
interface MethodsVerb<State extends object, Needs extends object> {
  <Template extends string>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    handler: Handler<RouteContext<Template, object, State>>,
  ): Router<State, Needs>;
  <Template extends string, First>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, First, Second>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    handler: Handler<RouteContext<Template, Options, State>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First, Second>(
    methods: Method | readonly Method[],
    template: Template & ValidTemplate<Template>,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
}

/**
 * Matches requests to routes and handles them.
 *
 * @typeParam State - The state that middleware adds
 * @typeParam Needs - The state that a mounted router requires from its parent
 */
export interface Router<State extends object = object, Needs extends object = object> {
  readonly get: Verb<State, Needs>;
  readonly post: Verb<State, Needs>;
  readonly put: Verb<State, Needs>;
  readonly patch: Verb<State, Needs>;
  readonly delete: Verb<State, Needs>;
  readonly head: Verb<State, Needs>;
  readonly options: Verb<State, Needs>;
  /** Registers a route for all methods that have a method of the router. */
  readonly all: Verb<State, Needs>;
  /** Registers a route for several methods, or for a method such as `PURGE`. */
  readonly on: MethodsVerb<State, Needs>;
  /**
   * Adds a middleware. It wraps the routes that are registered after it and, in the router that listens, the requests
   * that match no route and have an empty `route`: the responses 404, 405 and to OPTIONS.
   */
  use<Result>(middleware: Middleware<State, Result>): Router<State & StateOf<Result>, Needs>;
  /** Adds the routes of another router below a prefix. That router accepts no further routes. */
  mount(prefix: string, router: Mountable<State>): Router<State, Needs>;
  /** Returns the routes in order of registration. */
  routes(): readonly RouteInfo[];
  /** Handles a request without a server: for tests, and for runtimes with `Request` and `Response`. */
  fetch(request: Request): Promise<Response>;
  /** Listens on a port; a number is short for `{ port }`. Rejects with SONDE_LISTEN when the address is not available. */
  listen(options?: ListenOptions | number): Promise<Server>;
  /** A request listener for `node:http`, or a handler for frameworks such as Express. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, next?: NextFunction) => void;
  /** Structurally typed, so that routers of two copies of the package are compatible. */
  readonly '~mounted': (state: Needs) => readonly unknown[];
}

/** A router that requires no more than the given state of its parent. */
export interface Mountable<State extends object> {
  readonly '~mounted': (state: State) => readonly unknown[];
}
