import type { RequestContext } from './context.ts';
import type { RouteTelemetry } from './route-telemetry.ts';

/** What a request is handed to: a route, or one of the router's own answers (404, 405, OPTIONS, 400). */
export interface Endpoint {
  readonly method: string;
  /** The template; empty when no route matched. */
  readonly route: string;
  readonly paramNames: readonly string[];
  readonly telemetry: RouteTelemetry | undefined;
  readonly bodyLimitBytes: number | undefined;
  /** False when no route has this path and method, so that a host framework may try its own. */
  readonly matched: boolean;
  /** The same endpoint for HEAD, when this one answers GET. */
  readonly head: Endpoint | undefined;
  /** Runs middleware, validation and the handler. */
  readonly handle: (c: RequestContext) => unknown;
}
