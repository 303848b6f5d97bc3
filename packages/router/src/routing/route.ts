import type { Context, Query } from '../http/context.ts';
import type { StandardSchema } from '../http/standard-schema.ts';
import type { Params } from './template.ts';

/** What a handler may return. */
export type HandlerResult = object | string | number | boolean | null | undefined | void;

/** Answers a request, now or later. */
export type Handler<RequestContext> = (c: RequestContext) => HandlerResult | Promise<HandlerResult>;

/** Options of one route. The schemas are those of any library that follows Standard Schema. */
export interface RouteOptions {
  /** What the template's parameters must be; `c.params` is what it makes of them. */
  readonly params?: StandardSchema;
  /** What the query string must be; `c.query` is what it makes of it. */
  readonly query?: StandardSchema;
  /** What the header fields must be; `c.headers` is what it makes of them. */
  readonly headers?: StandardSchema;
  /** What the body, JSON or a form, must be; `c.body` is what it makes of it. */
  readonly body?: StandardSchema;
  /** The largest body that is read, in bytes. @default the router's */
  readonly bodyLimitBytes?: number;
  /** False leaves this route out of traces and metrics. @default true */
  readonly telemetry?: boolean;
}

type Output<Options, Name extends string, Default> = Options extends {
  readonly [Key in Name]: StandardSchema<unknown, infer Value>;
}
  ? Value
  : Default;

/** The context of a route: its parts have the types that template, schemas and middleware give them. */
export type RouteContext<Template extends string, Options, State extends object> = Context<{
  params: Output<Options, 'params', Params<Template>>;
  query: Output<Options, 'query', Query>;
  headers: Output<Options, 'headers', Context['headers']>;
  body: Output<Options, 'body', undefined>;
  state: State;
}>;

/** Refuses a `params` schema that cannot take what the template gives. */
export type CompatibleSchema<Template extends string, Options> = Options extends {
  readonly params: StandardSchema<infer Input, unknown>;
}
  ? Params<Template> extends Input
    ? unknown
    : { readonly params: StandardSchema<Params<Template>> }
  : unknown;
