import {
  context,
  createContextKey,
  type Context as OtelContext,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { currentInstruments, currentTracer } from './instruments.ts';
import { guarded, measured, type Operation } from './operation.ts';
import { secretQueryNames } from './redact.ts';
import { requestAttributes } from './request-attributes.ts';
import type { RequestContext } from './request-context.ts';

/** What telemetry says, beyond what it says always. */
export interface TelemetryOptions {
  /** Answers with `server-timing: traceparent`, so that a browser can join its trace to ours. @default false */
  readonly serverTiming?: boolean;
  /** Puts the sizes of request and response bodies on spans, and measures them. @default false */
  readonly bodySizes?: boolean;
  /** Names of query members, besides the usual ones, whose values are replaced by REDACTED. @default [] */
  readonly redactQuery?: readonly string[];
}

// Where @opentelemetry/core keeps what a generic instrumentation knows of the request that it traces already.
const rpcMetadata = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');
const suppressTracing = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** The telemetry of requests, through the API's globals. */
export class Telemetry {
  readonly #secrets: ReadonlySet<string>;
  readonly #options: TelemetryOptions;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#secrets = new Set(
      [...secretQueryNames, ...(options.redactQuery ?? [])].map((name) => name.toLowerCase()),
    );
  }

  /**
   * Starts the telemetry of a request and gives the context that it runs in.
   * `own` is true on the router's own server, where nothing else can have traced the request before.
   */
  start(c: RequestContext, own: boolean): OtelContext {
    const active = own ? ROOT_CONTEXT : context.active();
    // What an unmeasured route calls must not start traces of its own.
    if (c.endpoint.telemetry === undefined) return active.setValue(suppressTracing, true);
    c.operation = guarded(() => this.#start(c, active));
    return c.operation?.context ?? active;
  }

  /** Undefined when nobody listens. */
  #start(c: RequestContext, active: OtelContext): Operation | undefined {
    const route = c.endpoint.telemetry?.under(c.req.baseUrl);
    if (route === undefined) return undefined;
    const rpc = active.getValue(rpcMetadata) as { type?: string; route?: string } | undefined;
    if (rpc?.type === 'http') {
      if (route.route !== undefined) rpc.route = route.route;
      return { context: active, span: trace.getSpan(active) };
    }
    const instruments = currentInstruments();
    const tracer = currentTracer();
    if (tracer === undefined && instruments === undefined) return undefined;
    const parent = trace.getSpan(active) === undefined ? extracted(active, c.rawHeaders) : active;
    const attributes = route.attributes(c.scheme, route.route);
    const span =
      tracer?.startSpan(route.spanName, { kind: SpanKind.SERVER, attributes }, parent) ??
      trace.getSpan(parent) ??
      trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    if (span.isRecording()) span.setAttributes(requestAttributes(c, route.method, this.#secrets));
    const { bodySizes = false, serverTiming = false } = this.#options;
    if (serverTiming && tracer !== undefined) {
      const { traceId, spanId, traceFlags } = span.spanContext();
      c.header('server-timing', `traceparent;desc="00-${traceId}-${spanId}-0${traceFlags & 1}"`);
    }
    return measured(c, trace.setSpan(parent, span), span, instruments, route, bodySizes);
  }
}

function extracted(parent: OtelContext, headers: Readonly<Record<string, unknown>>): OtelContext {
  const given = propagation.fields().some((field) => headers[field] !== undefined);
  return given ? propagation.extract(parent, headers) : parent;
}
