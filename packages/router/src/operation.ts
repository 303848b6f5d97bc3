import {
  type Attributes,
  type Context as OtelContext,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { RouteTelemetry, Scheme } from './route-telemetry.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_URL_SCHEME,
} from './semconv.ts';
import type { Instruments } from './telemetry.ts';

/** `error.type` of a request whose client went away before the answer was written. */
export const clientDisconnect = 'client_disconnect';

/** How a request ended. */
export interface Outcome {
  /** Undefined when no answer was begun. */
  readonly status: number | undefined;
  /** What a handler threw, when that is why the request failed. */
  readonly error?: unknown;
  /** True when the client went away before the answer was written. */
  readonly disconnected?: boolean;
}

/** The telemetry of one request. */
export interface Operation {
  /** The context that handlers run in. */
  readonly context: OtelContext;
  /** The span, when somebody wants to know more of it. */
  readonly span: Span | undefined;
  end(outcome: Outcome): void;
}

const activeAttributes = new Map<string, Attributes>();

function activeAttributesOf(method: string, scheme: Scheme): Attributes {
  const key = `${method} ${scheme}`;
  let attributes = activeAttributes.get(key);
  if (attributes === undefined) {
    attributes = Object.freeze({ [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: scheme });
    activeAttributes.set(key, attributes);
  }
  return attributes;
}

/** A request that the router measures itself: one span, one duration. */
export class ServerOperation implements Operation {
  readonly context: OtelContext;
  readonly #span: Span;
  readonly #instruments: Instruments | undefined;
  readonly #route: RouteTelemetry;
  readonly #scheme: Scheme;
  readonly #version: string;
  readonly #startMs = performance.now();

  constructor(
    otelContext: OtelContext,
    span: Span,
    instruments: Instruments | undefined,
    route: RouteTelemetry,
    scheme: Scheme,
    version: string,
  ) {
    this.context = otelContext;
    this.#span = span;
    this.#instruments = instruments;
    this.#route = route;
    this.#scheme = scheme;
    this.#version = version;
    instruments?.activeRequests.add(1, activeAttributesOf(route.method, scheme), otelContext);
  }

  get span(): Span | undefined {
    return this.#span.isRecording() ? this.#span : undefined;
  }

  end({ status, error, disconnected }: Outcome): void {
    const errorType = disconnected ? clientDisconnect : errorTypeOf(status, error);
    const instruments = this.#instruments;
    if (instruments !== undefined) {
      const seconds = (performance.now() - this.#startMs) / 1000;
      const attributes = this.#route.durationAttributes(this.#scheme, this.#version, status, errorType);
      instruments.duration.record(seconds, attributes, this.context);
      instruments.activeRequests.add(-1, activeAttributesOf(this.#route.method, this.#scheme), this.context);
    }
    const span = this.#span;
    if (span.isRecording()) {
      if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      if (error !== undefined) span.recordException(error instanceof Error ? error : String(error));
      if (errorType !== undefined) {
        span.setAttribute(ATTR_ERROR_TYPE, errorType);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
    }
    span.end();
  }
}

/** A request that a generic instrumentation measures already: it learns the route and the exception, no more. */
export class EnrichingOperation implements Operation {
  readonly context: OtelContext;

  constructor(otelContext: OtelContext, rpc: { route?: string }, route: string | undefined) {
    this.context = otelContext;
    if (route !== undefined) rpc.route = route;
  }

  get span(): undefined {
    return undefined;
  }

  end({ error }: Outcome): void {
    if (error !== undefined) {
      trace.getSpan(this.context)?.recordException(error instanceof Error ? error : String(error));
    }
  }
}

function errorTypeOf(status: number | undefined, error: unknown): string | undefined {
  if (error instanceof Error && !('status' in error)) return error.name;
  if (error !== undefined && !(error instanceof Error)) return '_OTHER';
  return status !== undefined && status >= 500 ? String(status) : undefined;
}
