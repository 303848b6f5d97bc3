// As a whole: older versions of the API have no metrics, and an import by name would not link.
import * as api from '@opentelemetry/api';
import type {
  Histogram,
  Meter,
  MeterProvider,
  ProxyTracerProvider,
  Tracer,
  TracerProvider,
  UpDownCounter,
} from '@opentelemetry/api';
import { METRIC_HTTP_SERVER_ACTIVE_REQUESTS, METRIC_HTTP_SERVER_REQUEST_DURATION } from './semconv.ts';

// Once: in CommonJS each member of the namespace is a getter, and these are read for each request.
const { createNoopMeter, metrics, trace }: Partial<typeof api> = api;

/** Name and version of the router's instrumentation scope. */
export const scope = ['@sonde/router', '0.1.0'] as const;

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The instruments of a server. */
export interface Instruments {
  readonly duration: Histogram;
  readonly active: UpDownCounter;
  readonly requestBytes: Histogram;
  readonly responseBytes: Histogram;
}

let tracerProvider: TracerProvider | undefined;
let tracer: Tracer | undefined;

/** The global tracer, cached per provider; undefined when no SDK is registered. */
export function currentTracer(): Tracer | undefined {
  const proxy = trace?.getTracerProvider() as ProxyTracerProvider;
  const provider = proxy.getDelegate();
  if (provider !== tracerProvider) {
    tracerProvider = provider;
    tracer = proxy.getDelegateTracer(...scope);
  }
  return tracer;
}

const createBodySize = (meter: Meter, side: 'request' | 'response'): Histogram =>
  meter.createHistogram(`http.server.${side}.body.size`, {
    description: `Size of HTTP server ${side} bodies.`,
    unit: 'By',
  });

let meterProvider: MeterProvider | undefined;
let instruments: Instruments | undefined;

/**
 * The instruments of the global meter, cached per provider; undefined when no SDK is registered.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-server
 */
export function currentInstruments(): Instruments | undefined {
  const provider = metrics?.getMeterProvider();
  if (provider !== meterProvider) {
    meterProvider = provider;
    const meter = provider?.getMeter(...scope);
    instruments =
      meter === undefined || meter === createNoopMeter?.()
        ? undefined
        : {
            duration: meter.createHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, {
              description: 'Duration of HTTP server requests.',
              unit: 's',
              advice: { explicitBucketBoundaries: durationBuckets },
            }),
            requestBytes: createBodySize(meter, 'request'),
            responseBytes: createBodySize(meter, 'response'),
            active: meter.createUpDownCounter(METRIC_HTTP_SERVER_ACTIVE_REQUESTS, {
              description: 'Number of active HTTP server requests.',
              unit: '{request}',
            }),
          };
  }
  return instruments;
}
