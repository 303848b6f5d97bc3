import { inspect } from 'node:util';
import { type Context as OtelContext, diag, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { RequestContext } from './context.ts';
import type { Instruments } from './instruments.ts';
import type { Scheme } from './origin.ts';
import { Problem } from './problem.ts';
import type { RouteTelemetry } from './route-telemetry.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
} from './semconv.ts';

/** The telemetry of one request. */
export interface Operation {
  /** The context that handlers run in. */
  readonly context: OtelContext;
  readonly span: Span | undefined;
  /** Status is undefined when no answer was begun; `disconnected` says that the client went away before its end. */
  end?(c: RequestContext, status: number | undefined, disconnected: boolean): void;
}

/** Notes what a handler threw, at once: a host's span may end before the request does. */
export function recordException({ span }: Operation, error: unknown): void {
  guarded(() => span?.recordException(error instanceof Error ? error : inspect(error)));
}

/** Ends the telemetry of a request. */
export function endOperation(c: RequestContext, status: number | undefined, disconnected: boolean): void {
  guarded(() => c.operation?.end?.(c, status, disconnected));
  c.operation = undefined;
}

/** A fault in telemetry goes to `diag` and never to the request. */
export function guarded<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    diag.error('@sonde/router: the telemetry of a request failed', error);
    return undefined;
  }
}

/** A request that the router measures itself: one span, one duration. */
export class ServerOperation implements Operation {
  readonly context: OtelContext;
  readonly span: Span;
  readonly #instruments: Instruments | undefined;
  readonly #route: RouteTelemetry;
  readonly #scheme: Scheme;
  readonly #bodySizes: boolean;
  readonly #startMs = performance.now();

  constructor(
    otelContext: OtelContext,
    span: Span,
    instruments: Instruments | undefined,
    route: RouteTelemetry,
    scheme: Scheme,
    bodySizes: boolean,
  ) {
    this.context = otelContext;
    this.span = span;
    this.#instruments = instruments;
    this.#route = route;
    this.#scheme = scheme;
    this.#bodySizes = bodySizes;
    instruments?.activeRequests.add(1, route.activeAttributes(scheme), otelContext);
  }

  end(c: RequestContext, status: number | undefined, disconnected: boolean): void {
    const errorType = errorTypeOf(c.error, status, disconnected);
    const route = this.#route;
    if (this.#instruments !== undefined) {
      const { duration, activeRequests } = this.#instruments;
      const attributes = route.durationAttributes(this.#scheme, c.version, status, errorType);
      duration.record((performance.now() - this.#startMs) / 1000, attributes, this.context);
      activeRequests.add(-1, route.activeAttributes(this.#scheme), this.context);
    }
    if (this.span.isRecording()) this.#describe(c, status, errorType);
    this.span.end();
  }

  #describe(c: RequestContext, status: number | undefined, errorType: string | undefined): void {
    const { span } = this;
    if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (this.#bodySizes) {
      span.setAttribute(ATTR_HTTP_REQUEST_BODY_SIZE, c.requestBytes);
      span.setAttribute(ATTR_HTTP_RESPONSE_BODY_SIZE, c.responseBytes);
    }
    if (errorType === undefined) return;
    span.setAttribute(ATTR_ERROR_TYPE, errorType);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

/**
 * `client_disconnect` is ours: the client went away before the answer was written.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
function errorTypeOf(error: unknown, status: number | undefined, disconnected: boolean): string | undefined {
  if (error !== undefined && !(error instanceof Problem))
    return error instanceof Error ? error.name : '_OTHER';
  if (disconnected && error === undefined) return 'client_disconnect';
  return status !== undefined && status >= 500 ? String(status) : undefined;
}
