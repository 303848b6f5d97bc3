import {
  context,
  createContextKey,
  createNoopMeter,
  type Context as OtelContext,
  type Histogram,
  metrics,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Tracer,
  type UpDownCounter,
} from '@opentelemetry/api';
import { EnrichingOperation, type Operation, ServerOperation } from './operation.ts';
import type { RouteTelemetry, Scheme } from './route-telemetry.ts';
import { METRIC_HTTP_SERVER_ACTIVE_REQUESTS, METRIC_HTTP_SERVER_REQUEST_DURATION } from './semconv.ts';

const scope = '@sonde/router';
const scopeVersion = '0.1.0';
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Where @opentelemetry/core keeps what a generic HTTP instrumentation says of the request it already traces. */
const rpcMetadataKey = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Instruments {
  readonly duration: Histogram;
  readonly activeRequests: UpDownCounter;
}

/** Finds the global tracer and meter, again when a provider appears later, and starts one operation per request. */
export class Telemetry {
  #tracerProvider: unknown;
  #tracer!: Tracer;
  #meterProvider: unknown;
  #instruments: Instruments | undefined;

  /**
   * Starts the telemetry of a request; nothing when no SDK listens.
   * `own` is true on the router's own server, where nothing else can have traced the request already.
   */
  start(
    route: RouteTelemetry,
    scheme: Scheme,
    version: string,
    headers: Headers,
    own: boolean,
  ): Operation | undefined {
    const active = own ? ROOT_CONTEXT : context.active();
    if (!own) {
      const rpc = active.getValue(rpcMetadataKey) as { route?: string } | undefined;
      if (rpc !== undefined) return new EnrichingOperation(active, rpc, route.route);
    }
    this.#lookUp();
    const parent = trace.getSpan(active) === undefined ? extract(active, headers) : active;
    const span = this.#tracer.startSpan(
      route.spanName,
      { kind: 1, attributes: route.spanAttributes(scheme) },
      parent,
    );
    if (this.#instruments === undefined && !trace.isSpanContextValid(span.spanContext())) return undefined;
    return new ServerOperation(trace.setSpan(parent, span), span, this.#instruments, route, scheme, version);
  }

  #lookUp(): void {
    const tracerProvider = trace.getTracerProvider();
    if (tracerProvider !== this.#tracerProvider) {
      this.#tracerProvider = tracerProvider;
      this.#tracer = tracerProvider.getTracer(scope, scopeVersion);
    }
    const meterProvider = metrics.getMeterProvider();
    if (meterProvider !== this.#meterProvider) {
      this.#meterProvider = meterProvider;
      const meter = meterProvider.getMeter(scope, scopeVersion);
      this.#instruments =
        meter === createNoopMeter()
          ? undefined
          : {
              duration: meter.createHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, {
                description: 'Duration of HTTP server requests.',
                unit: 's',
                advice: { explicitBucketBoundaries: durationBuckets },
              }),
              activeRequests: meter.createUpDownCounter(METRIC_HTTP_SERVER_ACTIVE_REQUESTS, {
                description: 'Number of active HTTP server requests.',
                unit: '{request}',
              }),
            };
    }
  }
}

function extract(parent: OtelContext, headers: Headers): OtelContext {
  for (const field of propagation.fields()) {
    if (headers[field] !== undefined) return propagation.extract(parent, headers);
  }
  return parent;
}
