import {
  createNoopMeter,
  type Histogram,
  type Meter,
  metrics,
  type ProxyTracerProvider,
  trace,
  type Tracer,
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
  readonly activeRequests: UpDownCounter;
  readonly requestBodySize: Histogram;
  readonly responseBodySize: Histogram;
}

// What the API has registered for all.
const tracers = (): ProxyTracerProvider => trace.getTracerProvider() as ProxyTracerProvider;

/** The global tracer; undefined while no SDK takes spans. */
export const currentTracer: () => Tracer | undefined = perProvider(
  () => tracers().getDelegate(),
  () => tracers().getDelegateTracer(...scope),
);

/** The metrics of the global meter; undefined while no SDK takes them. */
export const currentInstruments: () => Instruments | undefined = perProvider(
  () => metrics.getMeterProvider(),
  (provider) => {
    const meter = provider.getMeter(...scope);
    return meter === createNoopMeter() ? undefined : instrumentsOf(meter);
  },
);

/** Asks for each request who the provider is, and makes things anew only when it is another. */
function perProvider<Provider, Made>(
  current: () => Provider,
  make: (provider: Provider) => Made,
): () => Made {
  let last: { readonly provider: Provider; readonly made: Made } | undefined;
  return () => {
    const provider = current();
    if (last?.provider !== provider) last = { provider, made: make(provider) };
    return last.made;
  };
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-server */
function instrumentsOf(meter: Meter): Instruments {
  const histogram = (name: string, what: string, unit: string, advice = {}): Histogram =>
    meter.createHistogram(name, { description: `${what} of HTTP server requests.`, unit, advice });
  return {
    duration: histogram(METRIC_HTTP_SERVER_REQUEST_DURATION, 'Duration', 's', {
      explicitBucketBoundaries: durationBuckets,
    }),
    activeRequests: meter.createUpDownCounter(METRIC_HTTP_SERVER_ACTIVE_REQUESTS, {
      description: 'Number of active HTTP server requests.',
      unit: '{request}',
    }),
    requestBodySize: histogram(METRIC_HTTP_SERVER_REQUEST_BODY_SIZE, 'Body size', 'By'),
    responseBodySize: histogram(METRIC_HTTP_SERVER_RESPONSE_BODY_SIZE, 'Answer size', 'By'),
  };
}
