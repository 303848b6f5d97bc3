import type { RequestContext } from '../http/request-context.ts';
import type { RouteInfo } from './route.ts';

/** Runs middleware, validation and the handler. */
export type Handle = (c: RequestContext) => unknown;

/** Maps an unexpected error to a result; undefined means a 500 without detail. */
export type ErrorMapper = (error: unknown, c: RequestContext) => unknown;

/** A route, or one of the router's own responses (404, 405, OPTIONS, 400). */
export interface Endpoint extends Omit<RouteInfo, 'method' | 'route'> {
  readonly method: string;
  /** The template; empty when no route matched. */
  readonly route: string;
  readonly handle: Handle;
  /** The names of the template's parameters. */
  readonly names: readonly string[];
  readonly bodyLimitBytes: number;
  readonly onError?: ErrorMapper;
  /** False excludes the route from traces and metrics. */
  readonly telemetry?: unknown;
}
