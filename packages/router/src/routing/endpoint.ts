import type { RequestContext } from '../http/request-context.ts';

/** Runs middleware, validation and the handler. */
export type Handle = (c: RequestContext) => unknown;

/** Maps an error that is not an answer to one; undefined leaves it to the 500 without detail. */
export type ErrorMapper = (error: unknown, c: RequestContext) => unknown;

/** What a request is handed to: a route, or one of the router's own answers (404, 405, OPTIONS, 400). */
export interface Endpoint {
  readonly method: string;
  /** The template; empty when no route matched. */
  readonly route: string;
  readonly handle: Handle;
  /** What the template captures. */
  readonly names: readonly string[];
  readonly bodyLimitBytes?: number;
  readonly onError?: ErrorMapper;
  /** False when the route is in no traces and metrics. */
  readonly telemetry?: unknown;
}
