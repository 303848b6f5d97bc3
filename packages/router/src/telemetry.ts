import {
  context,
  createContextKey,
  type Context as OtelContext,
  diag,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { RequestContext } from './context.ts';
import { GlobalInstruments } from './instruments.ts';
import { EnrichingOperation, type Operation, ServerOperation } from './operation.ts';
import { secretQueryNames } from './redact.ts';
import { requestAttributes } from './request-attributes.ts';

/** What telemetry says, beyond what it says always. */
export interface TelemetryOptions {
  /** Answers with `server-timing: traceparent`, so that a browser can join its trace to ours. @default false */
  readonly serverTiming?: boolean;
  /** Measures request and response bodies, as span attributes and histograms. @default false */
  readonly bodySizes?: boolean;
  /** Names of query members, besides the usual ones, whose values are replaced by REDACTED. @default [] */
  readonly redactQuery?: readonly string[];
}

// Where @opentelemetry/core keeps what a generic instrumentation knows of the request that it traces already.
const rpcMetadata = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');
const suppressTracing = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const untraced = ROOT_CONTEXT.setValue(suppressTracing, true);
const invalidTraceId = '00000000000000000000000000000000';

/** The telemetry of requests, through the API's globals. A fault in it goes to `diag` and never to the request. */
export class Telemetry {
  readonly #instruments: GlobalInstruments;
  readonly #secrets: ReadonlySet<string>;
  readonly #serverTiming: boolean;

  constructor({ serverTiming = false, bodySizes = false, redactQuery = [] }: TelemetryOptions = {}) {
    this.#instruments = new GlobalInstruments(bodySizes);
    this.#secrets = new Set([...secretQueryNames, ...redactQuery.map((name) => name.toLowerCase())]);
    this.#serverTiming = serverTiming;
  }

  /**
   * Starts the telemetry of a request; undefined when nobody listens.
   * `own` is true on the router's own server, where nothing else can have traced the request before.
   */
  start(c: RequestContext, own: boolean): Operation | undefined {
    try {
      return this.#start(c, own ? ROOT_CONTEXT : context.active());
    } catch (error) {
      diag.error('@sonde/router: the telemetry of a request could not start', error);
      return undefined;
    }
  }

  #start(c: RequestContext, active: OtelContext): Operation | undefined {
    const route = c.endpoint.telemetry?.under(c.base);
    if (route === undefined) return undefined;
    const rpc = active.getValue(rpcMetadata);
    if (isRpcMetadata(rpc)) {
      if (route.route !== undefined) rpc.route = route.route;
      return new EnrichingOperation(active);
    }
    const { scheme } = c.origin;
    const instruments = this.#instruments.metrics();
    const parent = trace.getSpan(active) === undefined ? extracted(active, c.rawHeaders) : active;
    const attributes = route.spanAttributes(scheme);
    const span = this.#instruments
      .tracer()
      .startSpan(route.spanName, { kind: SpanKind.SERVER, attributes }, parent);
    const { traceId } = span.spanContext();
    if (traceId === invalidTraceId && instruments === undefined) return undefined;
    if (span.isRecording()) span.setAttributes(requestAttributes(c, route.method, this.#secrets));
    const operation = new ServerOperation(
      trace.setSpan(parent, span),
      span,
      instruments,
      route,
      scheme,
      c.version,
    );
    if (this.#serverTiming && traceId !== invalidTraceId) c.header('server-timing', operation.serverTiming());
    return operation;
  }
}

/** The context in which a route without telemetry runs: what it calls must not start traces of its own. */
export function untracedContext(own: boolean): OtelContext {
  return own ? untraced : context.active().setValue(suppressTracing, true);
}

function isRpcMetadata(value: unknown): value is { route?: string } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'http';
}

function extracted(parent: OtelContext, headers: Readonly<Record<string, unknown>>): OtelContext {
  for (const field of propagation.fields()) {
    if (headers[field] !== undefined) return propagation.extract(parent, headers);
  }
  return parent;
}
