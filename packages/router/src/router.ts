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
  RouteOptions,
} from './routing/route.ts';
import type { ListenOptions, Server } from './http/server.ts';
import type { TelemetryOptions } from './telemetry/telemetry.ts';

/** Options of a router. */
export interface RouterOptions {
  /** The largest body that is read, in bytes; beyond it the answer is 413. @default 1048576, one MiB */
  readonly bodyLimitBytes?: number;
  /**
   * Makes an answer of an error that is none. What it leaves undefined is answered with 500, without detail, and goes
   * to the log: a record through the API's logs where somebody takes it, else standard error. @default leaves all
   */
  readonly onError?: (error: unknown, c: Context) => HandlerResult | Promise<HandlerResult>;
  /**
   * How many proxies of your own stand in front, whose `x-forwarded-*` fields are believed; true is one; an object says
   * that they write `forwarded`. Each of these fields must be set or removed by the proxy: one that it passes on is the
   * client's. @default false: none is believed
   */
  readonly trustProxy?: boolean | number | TrustProxyOptions;
  /** False switches spans and metrics off; an object says more of them. @default true */
  readonly telemetry?: boolean | TelemetryOptions;
}

/** Registers a route: the template, options if any, middleware of this route alone, and the handler. */
export interface Verb<State extends object, Needs extends object> {
  <Template extends string>(
    template: Template,
    handler: Handler<RouteContext<Template, object, State>>,
  ): Router<State, Needs>;
  <Template extends string, First>(
    template: Template,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, First, Second>(
    template: Template,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions>(
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    handler: Handler<RouteContext<Template, Options, State>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First>(
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First, Second>(
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
}

/** Registers a route for several methods, else as {@link Verb} does. */
export interface MethodsVerb<State extends object, Needs extends object> {
  <Template extends string>(
    methods: string | readonly string[],
    template: Template,
    handler: Handler<RouteContext<Template, object, State>>,
  ): Router<State, Needs>;
  <Template extends string, First>(
    methods: string | readonly string[],
    template: Template,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, First, Second>(
    methods: string | readonly string[],
    template: Template,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, object, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions>(
    methods: string | readonly string[],
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    handler: Handler<RouteContext<Template, Options, State>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First>(
    methods: string | readonly string[],
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    middleware: Middleware<State, First>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First>>>,
  ): Router<State, Needs>;
  <Template extends string, const Options extends RouteOptions, First, Second>(
    methods: string | readonly string[],
    template: Template,
    options: Options & NoInfer<CompatibleSchema<Template, Options>>,
    first: Middleware<State, First>,
    second: Middleware<State & StateOf<First>, Second>,
    handler: Handler<RouteContext<Template, Options, State & StateOf<First> & StateOf<Second>>>,
  ): Router<State, Needs>;
}

/** A route of {@link Router.routes}. */
export interface RouteInfo {
  readonly method: string;
  readonly route: string;
}

/**
 * A router: routes in, requests answered. `State` is what middleware has handed on; `Needs` is what a router that is
 * to be mounted expects of the one above it.
 */
export interface Router<State extends object = object, Needs extends object = object> {
  readonly get: Verb<State, Needs>;
  readonly post: Verb<State, Needs>;
  readonly put: Verb<State, Needs>;
  readonly patch: Verb<State, Needs>;
  readonly delete: Verb<State, Needs>;
  readonly head: Verb<State, Needs>;
  readonly options: Verb<State, Needs>;
  /** Registers one route for several methods, or for one without a name of its own. */
  readonly on: MethodsVerb<State, Needs>;
  /**
   * Runs a middleware around the routes that are registered after it, never by path strings; and, in the router that
   * serves, around what no route matches, whose `route` is empty: the answers 404, 405 and to OPTIONS.
   */
  use<Result>(middleware: Middleware<State, Result>): Router<State & StateOf<Result>, Needs>;
  /** Takes over the routes of another router below a prefix. That router takes no more routes then. */
  mount(prefix: string, router: Mountable<State>): Router<State, Needs>;
  /** The routes, in order of registration. */
  routes(): readonly RouteInfo[];
  /** Answers one request without a server: for tests, and for runtimes that speak Request and Response. */
  fetch(request: Request): Promise<Response>;
  /** Listens on a port, which is all that a number says. The promise rejects with SONDE_LISTEN, naming host and port, when it cannot be had. */
  listen(options?: ListenOptions | number): Promise<Server>;
  /** A request listener for a server of your own, or a handler for Express and its like. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, next?: NextFunction) => void;
  /** Not of a type of its own, so that the routers of two copies of the package fit. */
  readonly '~mounted': (state: Needs) => readonly unknown[];
}

/** A router whose needs the state of the one above it meets. */
export interface Mountable<State extends object> {
  readonly '~mounted': (state: State) => readonly unknown[];
}
