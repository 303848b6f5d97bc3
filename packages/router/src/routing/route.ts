import type { Context, Query } from '../http/context.ts';
import type { StandardSchema } from '../http/standard-schema.ts';
import type { Params } from './template.ts';

/** The result of a handler: a value to serialize, a stream, a `Response`, a `Reply` or a `Problem`. */
export type HandlerResult = object | string | number | boolean | null | undefined | void;

/** Handles a request, synchronously or asynchronously. */
export type Handler<HandlerContext> = (c: HandlerContext) => HandlerResult | Promise<HandlerResult>;

/** Documentation of a route, by the names of OpenAPI. */
export interface RouteDocs {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Unique among the routes. @default made of the method and the template */
  readonly operationId?: string;
  readonly deprecated?: boolean;
  /** False leaves the route out. @default true */
  readonly visible?: boolean;
}

/** Options of one route. Schemas can come from any library that implements Standard Schema. */
export interface RouteOptions {
  /** Validates the template's parameters; its output is `c.params`. */
  readonly params?: StandardSchema;
  /** Validates the query string; its output is `c.query`. */
  readonly query?: StandardSchema;
  /** Validates the header fields; its output is `c.headers`. */
  readonly headers?: StandardSchema;
  /** Validates the body, JSON or a form; its output is `c.body`. */
  readonly body?: StandardSchema;
  /** Documents the response, by status or for 200; the router does not validate it. See `@sonde/router/openapi`. */
  readonly response?: StandardSchema | Readonly<Record<number, StandardSchema>>;
  /** Documents the route. See `@sonde/router/openapi`. */
  readonly docs?: RouteDocs;
  /** Maximum size of a request body, in bytes. @default the router's */
  readonly bodyLimitBytes?: number;
  /** False excludes this route from traces and metrics. @default true */
  readonly telemetry?: boolean;
}

type Output<Options, Name extends string, Default> = Options extends {
  readonly [Key in Name]: StandardSchema<unknown, infer Value>;
}
  ? Value
  : Default;

/** The context of a route, with the types of its template, schemas and middleware. */
export type RouteContext<Template extends string, Options, State extends object> = Context<{
  params: Output<Options, 'params', Params<Template>>;
  query: Output<Options, 'query', Query>;
  headers: Output<Options, 'headers', Context['headers']>;
  body: Output<Options, 'body', undefined>;
  state: State;
}>;

/** Rejects a `params` schema whose input does not accept the template's parameters. */
export type CompatibleSchema<Template extends string, Options> = Options extends {
  readonly params: StandardSchema<infer Input, unknown>;
}
  ? Params<Template> extends Input
    ? unknown
    : { readonly params: StandardSchema<Params<Template>> }
  : unknown;

/** A registered route, with the options that document it. */
export interface RouteInfo extends Pick<
  RouteOptions,
  'params' | 'query' | 'headers' | 'body' | 'response' | 'docs'
> {
  readonly method: string;
  readonly route: string;
}
