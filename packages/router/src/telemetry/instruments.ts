import {
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
  type ProxyTracerProvider,
  trace,
  type Tracer,
  type TracerProvider,
  type UpDownCounter,
} from '@opentelemetry/api';
import {
  METRIC_HTTP_SERVER_ACTIVE_REQUESTS,
  METRIC_HTTP_SERVER_REQUEST_BODY_SIZE,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_HTTP_SERVER_RESPONSE_BODY_SIZE,
} from './semconv.ts';

/** Name and version of the router's instrumentation scope. */
export const scope = ['@sonde/router', '0.1.0'] as const;

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The metrics of a server. */
export interface Instruments {
  readonly duration: Histogram;
  readonly active: UpDownCounter;
  readonly requestSize: Histogram;
  readonly responseSize: Histogram;
}

let lastTracing: TracerProvider | undefined;
let tracer: Tracer | undefined;

/** The global tracer, asked for anew when there is another provider; undefined while no SDK takes spans. */
export function currentTracer(): Tracer | undefined {
  const proxy = trace.getTracerProvider() as ProxyTracerProvider;
  const provider = proxy.getDelegate();
  if (provider !== lastTracing) {
    lastTracing = provider;
    tracer = proxy.getDelegateTracer(...scope);
  }
  return tracer;
}

let last: MeterProvider | undefined;
let instruments: Instruments | undefined;

/**
 * The metrics of the global meter, made anew when there is another; undefined while no SDK takes them.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-server
 */
export function currentInstruments(): Instruments | undefined {
  const provider = metrics.getMeterProvider();
  if (provider !== last) {
    last = provider;
    const meter = provider.getMeter(...scope);
    instruments =
      meter === createNoopMeter()
        ? undefined
        : {
            duration: meter.createHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, {
              description: 'Duration of HTTP server requests.',
              unit: 's',
              advice: { explicitBucketBoundaries: durationBuckets },
            }),
            requestSize: meter.createHistogram(METRIC_HTTP_SERVER_REQUEST_BODY_SIZE, {
              description: 'Size of HTTP server request bodies.',
              unit: 'By',
            }),
            responseSize: meter.createHistogram(METRIC_HTTP_SERVER_RESPONSE_BODY_SIZE, {
              description: 'Size of HTTP server response bodies.',
              unit: 'By',
            }),
            active: meter.createUpDownCounter(METRIC_HTTP_SERVER_ACTIVE_REQUESTS, {
              description: 'Number of active HTTP server requests.',
              unit: '{request}',
            }),
          };
  }
  return instruments;
}
