export { reply, Reply, type ReplyHeaders, created, redirect } from './http/reply.ts';
export type { Client, Context, ContextParts, Query } from './http/context.ts';
export { createRouter } from './create-router.ts';
export type { CloseOptions, NodeServer } from './http/graceful-shutdown.ts';
export type { NextResult, Middleware, Next } from './http/middleware.ts';
export type { TrustProxyOptions } from './http/origin.ts';
export { Problem, problem, type ProblemExtras } from './http/problem.ts';
export type {
  HandlerResult,
  Handler,
  RouteContext,
  RouteDocs,
  RouteInfo,
  RouteOptions,
} from './routing/route.ts';
export type { Mountable, Router, RouterOptions, Verb } from './router.ts';
export { RouterError, type RouterErrorCode } from './router-error.ts';
export type { ListenOptions, Server } from './http/server.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './http/standard-schema.ts';
export type { TelemetryOptions } from './telemetry/telemetry.ts';
export type { Params } from './routing/template.ts';
export type { Method } from './routing/methods.ts';
