import {
  context,
  createContextKey,
  type Context as OtelContext,
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
import type { RouteTelemetry } from './route-telemetry.ts';

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

/**
 * Starts the telemetry of a request and gives the context that it runs in. `own` is true on the router's own server,
 * where nothing else can have traced the request before.
 */
export type Start = (c: RequestContext, own: boolean) => OtelContext;

/** The telemetry of requests, through the API's globals. */
export function telemetryOf({ bodySizes, serverTiming, redactQuery = [] }: TelemetryOptions): Start {
  const secrets = new Set([...secretQueryNames, ...redactQuery].map((name) => name.toLowerCase()));

  /** Undefined when nobody listens. */
  const begin = (c: RequestContext, route: RouteTelemetry, active: OtelContext): Operation | undefined => {
    const rpc = active.getValue(rpcMetadata) as { type?: string; route?: string } | undefined;
    if (rpc?.type === 'http') {
      if (route.route !== undefined) rpc.route = route.route;
      return { context: active, span: trace.getSpan(active) };
    }
    const instruments = currentInstruments();
    const tracer = currentTracer();
    if (tracer === undefined && instruments === undefined) return undefined;
    const { scheme } = c.origin;
    const parent = trace.getSpan(active) === undefined ? extracted(active, c.req.headers) : active;
    const attributes = route.attributes(scheme, route.route);
    const span = tracer?.startSpan(route.spanName, { kind: SpanKind.SERVER, attributes }, parent);
    if (span?.isRecording()) span.setAttributes(requestAttributes(c, route.method, secrets));
    if (span !== undefined && serverTiming === true) {
      const { traceId, spanId, traceFlags } = span.spanContext();
      c.header('server-timing', `traceparent;desc="00-${traceId}-${spanId}-0${traceFlags & 1}"`);
    }
    const inner = span === undefined ? parent : trace.setSpan(parent, span);
    return measured(c, inner, span, instruments, route, scheme, bodySizes === true);
  };

  return (c, own) => {
    const active = own ? ROOT_CONTEXT : context.active();
    const { telemetry } = c.endpoint;
    // What an unmeasured route calls must not start traces of its own.
    if (telemetry === undefined) return active.setValue(suppressTracing, true);
    c.operation = guarded(() => begin(c, telemetry.under(c.req.baseUrl), active));
    return c.operation?.context ?? active;
  };
}

function extracted(parent: OtelContext, headers: Readonly<Record<string, unknown>>): OtelContext {
  const given = propagation.fields().some((field) => headers[field] !== undefined);
  return given ? propagation.extract(parent, headers) : parent;
}
