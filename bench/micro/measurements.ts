// Reports the cost of a measurement to the parent process.
import { context, type MeterProvider as Api, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { ProxyMeterProvider } from '@sonde/exporters';

import { measure, type Operations, report } from './report.ts';
import { LeanMeterProvider } from '@sonde/sdk';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}
const reader = new Reader();

/** The standard engine is the SDK behind what Sonde adds to it. */
function createProvider(engine: string | undefined): Api {
  if (engine === 'lean') return new LeanMeterProvider({ readers: [reader] });
  const sdk = new MeterProvider({ readers: [reader] });
  if (engine === 'sdk') return sdk;
  const proxy = new ProxyMeterProvider();
  proxy.setDelegate(sdk);
  return proxy;
}

const meter = createProvider(process.argv[2]).getMeter('micro');
const histogram = meter.createHistogram('http.server.request.duration', {
  unit: 's',
  advice: {
    explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
});
const counter = meter.createCounter('http.requests');
const three = (): Record<string, string | number> => ({
  'http.request.method': 'GET',
  'http.route': '/users/:id',
  'http.response.status_code': 200,
});
const frozen = Object.freeze(three());
const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };

const operations: Operations = {
  'histogram.record, 3 frozen attributes': () => histogram.record(0.0123, frozen),
  'histogram.record, 3 fresh attributes': () => histogram.record(0.0123, three()),
  'counter.add, 3 frozen attributes': () => counter.add(1, frozen),
  'counter.add, 3 fresh attributes': () => counter.add(1, three()),
  'counter.add, no attributes': () => counter.add(1),
};
const sampled: Operations = {
  'histogram.record, 3 frozen attributes, in a sampled span': () => histogram.record(0.0123, frozen),
};
const ns = [
  ...measure(operations),
  ...context.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), () => measure(sampled)),
];
const { resourceMetrics } = await reader.collect();
report(ns, () => resourceMetrics.scopeMetrics.length);
