import { inspect } from 'node:util';
import { type Context as OtelContext, diag, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { Scheme } from './origin.ts';
import { Problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
} from './semconv.ts';
import type { Instruments } from './instruments.ts';
import type { RouteTelemetry } from './route-telemetry.ts';

/** The telemetry of one request. */
export interface Operation {
  /** The context that handlers run in. */
  readonly context: OtelContext;
  readonly span: Span | undefined;
  readonly end?: () => void;
}

/** Notes what a handler threw, at once: a host's span may end before the request does. */
export function recordException(operation: Operation | undefined, error: unknown): void {
  guarded(() => operation?.span?.recordException(error instanceof Error ? error : inspect(error)));
}

/** Ends the telemetry of a request. */
export function endOperation(c: RequestContext): void {
  guarded(() => c.operation?.end?.());
  c.operation = undefined;
}

/** A fault in telemetry goes to `diag` and never to the request. */
export function guarded<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    diag.error('@sonde/router: telemetry failed', error);
    return undefined;
  }
}

/** A request that the router measures itself: one span, one duration. */
export function measured(
  c: RequestContext,
  context: OtelContext,
  span: Span | undefined,
  instruments: Instruments | undefined,
  route: RouteTelemetry,
  scheme: Scheme,
  bodySizes: boolean,
): Operation {
  const startMs = performance.now();
  const active = route.attributes(scheme);
  instruments?.activeRequests.add(1, active, context);
  const end = (): void => {
    const { httpVersion } = c.req;
    const status = c.res.headersSent ? c.res.statusCode : undefined;
    const errorType = errorTypeOf(c, status);
    if (instruments !== undefined) {
      const { duration, activeRequests, requestBodySize, responseBodySize } = instruments;
      const attributes = route.attributes(scheme, route.route, status, httpVersion, errorType);
      duration.record((performance.now() - startMs) / 1000, attributes, context);
      activeRequests.add(-1, active, context);
      if (bodySizes) {
        requestBodySize.record(c.requestBytes, attributes, context);
        responseBodySize.record(c.responseBytes, attributes, context);
      }
    }
    if (span?.isRecording()) {
      // What is undefined is left out.
      span.setAttributes({
        [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
        [ATTR_ERROR_TYPE]: errorType,
        [ATTR_HTTP_REQUEST_BODY_SIZE]: bodySizes ? c.requestBytes : undefined,
        [ATTR_HTTP_RESPONSE_BODY_SIZE]: bodySizes ? c.responseBytes : undefined,
      });
      if (errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span?.end();
  };
  return { context, span, end };
}

/**
 * `client_disconnect` is ours: the client went away before the answer was written.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
function errorTypeOf({ error, finished }: RequestContext, status = 0): string | undefined {
  if (error !== undefined && !(error instanceof Problem))
    return error instanceof Error ? error.name : '_OTHER';
  if (error === undefined && !finished) return 'client_disconnect';
  return status >= 500 ? String(status) : undefined;
}
