import {
  createNoopMeter,
  type Histogram,
  type Meter,
  metrics,
  ProxyTracerProvider,
  trace,
  type Tracer,
  type UpDownCounter,
} from '@opentelemetry/api';
import { METRIC_HTTP_SERVER_ACTIVE_REQUESTS, METRIC_HTTP_SERVER_REQUEST_DURATION } from './semconv.ts';

const scope = '@sonde/router';
const scopeVersion = '0.1.0';
const noopProvider = new ProxyTracerProvider().getDelegate();
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The metrics of a server. */
export interface Instruments {
  readonly duration: Histogram;
  readonly activeRequests: UpDownCounter;
}

/** The global tracer and meter: looked up for each request, made again only when a provider has come or gone. */
export class GlobalInstruments {
  #tracerProvider: unknown;
  #tracer: Tracer | undefined;
  #meterProvider: unknown;
  #instruments: Instruments | undefined;

  /** Undefined while no SDK takes spans. */
  tracer(): Tracer | undefined {
    const global = trace.getTracerProvider();
    const provider = global instanceof ProxyTracerProvider ? global.getDelegate() : global;
    if (provider === noopProvider) return undefined;
    if (provider !== this.#tracerProvider || this.#tracer === undefined) {
      this.#tracerProvider = provider;
      this.#tracer = provider.getTracer(scope, scopeVersion);
    }
    return this.#tracer;
  }

  /** Undefined while no SDK takes metrics. */
  metrics(): Instruments | undefined {
    const provider = metrics.getMeterProvider();
    if (provider !== this.#meterProvider) {
      this.#meterProvider = provider;
      const meter = provider.getMeter(scope, scopeVersion);
      this.#instruments = meter === createNoopMeter() ? undefined : create(meter);
    }
    return this.#instruments;
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-server */
function create(meter: Meter): Instruments {
  return {
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
