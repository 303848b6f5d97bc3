import { inspect } from 'node:util';
import {
  type Attributes,
  type Context as OtelContext,
  diag,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Instruments } from './instruments.ts';
import type { Scheme } from './origin.ts';
import { Problem } from './problem.ts';
import type { RouteTelemetry } from './route-telemetry.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_URL_SCHEME,
} from './semconv.ts';

/** `error.type` of a request whose client went away before the answer was written. */
const clientDisconnect = 'client_disconnect';

/** How a request ended. */
export interface Outcome {
  /** Undefined when no answer was begun. */
  readonly status: number | undefined;
  /** What a handler threw, when that is why the request failed. */
  readonly error: unknown;
  /** True when the client went away before the answer was written. */
  readonly disconnected: boolean;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** The telemetry of one request. */
export interface Operation {
  /** The context that handlers run in. */
  readonly context: OtelContext;
  /** Notes what a handler threw, at once: a host's span may end before the request does. */
  recordException(error: unknown): void;
  end(outcome: Outcome): void;
}

/** Notes an exception. A fault in telemetry goes to `diag` and never to the request. */
export function recordException(operation: Operation, error: unknown): void {
  guarded(() => operation.recordException(error));
}

/** Ends the telemetry of a request, with the same care. */
export function endOperation(operation: Operation, outcome: Outcome): void {
  guarded(() => operation.end(outcome));
}

function guarded(act: () => void): void {
  try {
    act();
  } catch (error) {
    diag.error('@sonde/router: the telemetry of a request failed', error);
  }
}

/** A request that the router measures itself: one span, one duration. */
export class ServerOperation implements Operation {
  readonly context: OtelContext;
  readonly #span: Span;
  readonly #instruments: Instruments | undefined;
  readonly #route: RouteTelemetry;
  readonly #scheme: Scheme;
  readonly #version: string | undefined;
  readonly #startMs = performance.now();

  constructor(
    otelContext: OtelContext,
    span: Span,
    instruments: Instruments | undefined,
    route: RouteTelemetry,
    scheme: Scheme,
    version: string | undefined,
  ) {
    this.context = otelContext;
    this.#span = span;
    this.#instruments = instruments;
    this.#route = route;
    this.#scheme = scheme;
    this.#version = version;
    instruments?.activeRequests.add(1, activeAttributes(route.method, scheme), otelContext);
  }

  /** @see https://www.w3.org/TR/trace-context/#traceparent-header */
  serverTiming(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `traceparent;desc="00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}"`;
  }

  recordException(error: unknown): void {
    this.#span.recordException(exceptionOf(error));
  }

  end(outcome: Outcome): void {
    const errorType = errorTypeOf(outcome);
    this.#record(outcome, errorType);
    if (this.#span.isRecording()) this.#describe(outcome, errorType);
    this.#span.end();
  }

  #record({ status, requestBytes, responseBytes }: Outcome, errorType: string | undefined): void {
    const instruments = this.#instruments;
    if (instruments === undefined) return;
    const { duration, activeRequests, bodySizes } = instruments;
    const attributes = this.#route.durationAttributes(this.#scheme, this.#version, status, errorType);
    duration.record((performance.now() - this.#startMs) / 1000, attributes, this.context);
    activeRequests.add(-1, activeAttributes(this.#route.method, this.#scheme), this.context);
    bodySizes?.request.record(requestBytes, attributes, this.context);
    bodySizes?.response.record(responseBytes, attributes, this.context);
  }

  #describe({ status, requestBytes, responseBytes }: Outcome, errorType: string | undefined): void {
    const span = this.#span;
    if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (this.#instruments?.bodySizes !== undefined) {
      span.setAttribute(ATTR_HTTP_REQUEST_BODY_SIZE, requestBytes);
      span.setAttribute(ATTR_HTTP_RESPONSE_BODY_SIZE, responseBytes);
    }
    if (errorType === undefined) return;
    span.setAttribute(ATTR_ERROR_TYPE, errorType);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

/** A request that a generic instrumentation measures already: its span learns of the exception, no more. */
export class EnrichingOperation implements Operation {
  readonly context: OtelContext;

  constructor(otelContext: OtelContext) {
    this.context = otelContext;
  }

  recordException(error: unknown): void {
    trace.getSpan(this.context)?.recordException(exceptionOf(error));
  }

  end(): void {
    // The host's instrumentation does.
  }
}

const exceptionOf = (error: unknown): Error | string => (error instanceof Error ? error : inspect(error));

/** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/ */
function errorTypeOf({ status, error, disconnected }: Outcome): string | undefined {
  if (disconnected && error === undefined) return clientDisconnect;
  if (error === undefined || error instanceof Problem) {
    return status !== undefined && status >= 500 ? String(status) : undefined;
  }
  return error instanceof Error ? error.name : '_OTHER';
}

const activeCache = new Map<string, Attributes>();

function activeAttributes(method: string, scheme: Scheme): Attributes {
  const key = `${method} ${scheme}`;
  let attributes = activeCache.get(key);
  if (attributes === undefined) {
    attributes = Object.freeze({ [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: scheme });
    activeCache.set(key, attributes);
  }
  return attributes;
}
