import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attributes, type Context, ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  OtlpLogExporter,
  OtlpMetricExporter,
  type OtlpMetricOptions,
  type OtlpOptions,
  OtlpTraceExporter,
  ProxyMeterProvider,
} from '@sonde/exporters';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';

const traceId = 'a'.repeat(32);
const spanId = 'b'.repeat(16);
const sampled: Context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });

for (const encoding of ['protobuf', 'json'] as const) {
  const options = (sink: OtlpSink, signal: string): OtlpOptions => ({
    url: `${sink.url}/v1/${signal}`,
    encoding,
  });

  test(`the upstream SDK exports spans and log records with these exporters, ${encoding}`, async () => {
    await using sink = await OtlpSink.start();
    const exporter = new OtlpTraceExporter(options(sink, 'traces'));
    const traces = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
    const logs = new LoggerProvider({
      processors: [new BatchLogRecordProcessor({ exporter: new OtlpLogExporter(options(sink, 'logs')) })],
    });
    for (let count = 0; count < 1000; count++) {
      traces.getTracer('shop').startSpan(`work ${count}`, { attributes: { count } }, ROOT_CONTEXT).end();
    }
    logs.getLogger('shop').emit({ severityNumber: SeverityNumber.INFO, body: 'worked', context: sampled });
    await traces.shutdown();
    await logs.shutdown();
    assert.equal(new Set(sink.spans.map(({ name }) => name)).size, 1000);
    assert.equal(sink.spans.find(({ name }) => name === 'work 7')?.attributes['count'], 7);
    assert.deepEqual(
      sink.logs.map(({ name, traceId: ofTrace, scope }) => [name, ofTrace, scope]),
      [['worked', traceId, 'shop']],
    );
  });

  test(`points of counters and histograms have exemplars, ${encoding}`, async () => {
    await using sink = await OtlpSink.start();
    const given: OtlpMetricOptions = { ...options(sink, 'metrics'), temporality: 'cumulative' };
    const exporter = new OtlpMetricExporter(given);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const proxy = new ProxyMeterProvider();
    const views = [
      { instrumentName: 'exp', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const },
    ];
    const provider = new MeterProvider({ readers: [reader], views: proxy.views(views) });
    proxy.setDelegate(provider);
    const meter = proxy.getMeter('shop');
    const attributes: Attributes = { route: '/' };
    meter.createCounter('orders').add(2, attributes, sampled);
    meter.createHistogram('duration').record(0.25, attributes, sampled);
    meter.createHistogram('exp').record(4, attributes, sampled);
    meter.createHistogram('untraced').record(1, attributes, ROOT_CONTEXT);
    await reader.forceFlush();
    const exemplars = (name: string): unknown[] =>
      sink.metrics.filter((metric) => metric.name === name).map((metric) => listExemplars(metric));
    for (const [name, value] of [
      ['orders', 2],
      ['duration', 0.25],
      ['exp', 4],
    ] as const) {
      assert.deepEqual(exemplars(name), [[{ value, traceId, spanId }]], name);
    }
    assert.deepEqual(exemplars('untraced'), [[]]);
    await reader.forceFlush();
    assert.deepEqual(exemplars('orders').at(-1), [], 'what was delivered is not sent again');
    await provider.shutdown();
  });
}

interface Exemplar {
  readonly asDouble: number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly timeUnixNano: unknown;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The exemplars of a metric's only point. */
function listExemplars({ raw }: Received): object[] {
  const data = raw['sum'] ?? raw['histogram'] ?? raw['exponentialHistogram'];
  const { dataPoints } = data as { dataPoints: readonly { exemplars?: readonly Exemplar[] }[] };
  assert.equal(dataPoints.length, 1);
  return (dataPoints[0]?.exemplars ?? []).map((exemplar) => {
    const ageMs = Date.now() - Number(exemplar.timeUnixNano) / 1e6;
    assert.ok(ageMs > -1000 && ageMs < 600_000);
    return { value: exemplar.asDouble, traceId: hex(exemplar.traceId), spanId: hex(exemplar.spanId) };
  });
}
