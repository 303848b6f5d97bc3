import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import protobuf from 'protobufjs';

import { ProxyMeterProvider } from '../../early-metrics/proxy-meter-provider.ts';
import { PrometheusExporter } from '../exporter.ts';

const accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
const MetricFamily = new protobuf.Root()
  .loadSync(fileURLToPath(new URL('../../testing/metrics.proto', import.meta.url)))
  .lookupType('io.prometheus.client.MetricFamily');

interface Decoded {
  readonly name: string;
  readonly help?: string;
  readonly type: string;
  readonly unit?: string;
  readonly metric: readonly DecodedMetric[];
}

interface DecodedMetric {
  readonly label?: readonly { name: string; value: string }[];
  readonly gauge?: { value: number };
  readonly counter?: { value: number; exemplar?: DecodedExemplar; createdTimestamp?: { seconds: number } };
  readonly histogram?: DecodedHistogram;
}

interface DecodedExemplar {
  readonly label: readonly { name: string; value: string }[];
  readonly value: number;
  readonly timestamp: { seconds: number; nanos: number };
}

interface DecodedHistogram {
  readonly sampleCount: number;
  readonly sampleSum: number;
  readonly bucket?: readonly { cumulativeCount: number; upperBound: number; exemplar?: DecodedExemplar }[];
  readonly schema?: number;
  readonly zeroCount?: number;
  readonly positiveSpan?: readonly { offset: number; length: number }[];
  readonly positiveDelta?: readonly number[];
  readonly negativeSpan?: readonly { offset: number; length: number }[];
  readonly negativeDelta?: readonly number[];
}

function isDecoded(value: object): value is Decoded {
  return 'name' in value && 'metric' in value;
}

async function decodedPage(measure: (provider: ProxyMeterProvider) => void): Promise<Map<string, Decoded>> {
  const proxy = new ProxyMeterProvider();
  const exporter = new PrometheusExporter({ port: 0, scopeInfo: false, targetInfo: false });
  const views = [
    { instrumentName: 'exp.*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const },
  ];
  const provider = new MeterProvider({
    readers: [exporter],
    resource: emptyResource(),
    views: proxy.views(views),
  });
  proxy.setDelegate(provider);
  measure(proxy);
  const start = await exporter.ready();
  assert.ok('url' in start);
  const response = await fetch(start.url, { headers: { accept } });
  assert.match(response.headers.get('content-type') ?? '', /^application\/vnd\.google\.protobuf;/);
  const reader = protobuf.Reader.create(new Uint8Array(await response.arrayBuffer()));
  const families = new Map<string, Decoded>();
  while (reader.pos < reader.len) {
    const message = MetricFamily.decodeDelimited(reader);
    const family: object = MetricFamily.toObject(message, { longs: Number, enums: String });
    assert.ok(isDecoded(family));
    families.set(family.name, family);
  }
  await provider.shutdown();
  return families;
}

/** The counts of a native histogram's buckets by their index. */
function toBuckets(
  spans: DecodedHistogram['positiveSpan'] = [],
  deltas: readonly number[] = [],
): Record<number, number> {
  const buckets: Record<number, number> = {};
  let index = 0;
  let count = 0;
  let position = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let bucket = 0; bucket < length; bucket++) {
      count += deltas[position++] ?? NaN;
      if (count > 0) buckets[index] = count;
      index++;
    }
  }
  assert.equal(position, deltas.length);
  return buckets;
}

test('counters, gauges and classic histograms decode to the recorded values', async () => {
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    traceFlags: 1,
  });
  const families = await decodedPage((provider) => {
    const meter = provider.getMeter('test');
    meter.createCounter('c', { description: 'Größe "x"' }).add(1.5, { route: 'a\n"ü"\\' }, context);
    meter.createGauge('g', { unit: 'By' }).record(-3);
    const histogram = meter.createHistogram('h', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } });
    for (const value of [0.5, 1.5, 5]) histogram.record(value, {}, value === 1.5 ? context : ROOT_CONTEXT);
  });
  const counter = families.get('c_total');
  assert.equal(counter?.type, 'COUNTER');
  assert.equal(counter.help, 'Größe "x"');
  assert.deepEqual(counter.metric[0]?.label, [{ name: 'route', value: 'a\n"ü"\\' }]);
  assert.equal(counter.metric[0].counter?.value, 1.5);
  assert.equal(counter.metric[0].counter.exemplar?.value, 1.5);
  assert.deepEqual(counter.metric[0].counter.exemplar.label[0], { name: 'trace_id', value: 'a'.repeat(32) });
  assert.ok(Math.abs((counter.metric[0].counter.createdTimestamp?.seconds ?? 0) - Date.now() / 1000) < 60);
  assert.equal(families.get('g_bytes')?.metric[0]?.gauge?.value, -3);
  assert.equal(families.get('g_bytes')?.unit, 'bytes');
  const histogram = families.get('h_seconds')?.metric[0]?.histogram;
  assert.equal(histogram?.sampleCount, 3);
  assert.equal(histogram.sampleSum, 7);
  assert.deepEqual(
    histogram.bucket?.map(({ cumulativeCount, upperBound }) => [cumulativeCount, upperBound]),
    [
      [1, 1],
      [2, 2],
      [3, Infinity],
    ],
  );
  assert.deepEqual(
    histogram.bucket.map(({ exemplar }) => exemplar?.value),
    [undefined, 1.5, undefined],
  );
});

test('an exponential histogram decodes to the buckets of its values', async () => {
  const values = [0, 0, 0.001, 0.5, 0.5, 1, 1, 3, 1000, 1e6];
  const families = await decodedPage((provider) => {
    const histogram = provider.getMeter('test').createHistogram('exp.h');
    for (const value of values) histogram.record(value);
  });
  const histogram = families.get('exp_h')?.metric[0]?.histogram;
  assert.ok(histogram?.schema !== undefined);
  assert.equal(histogram.sampleCount, values.length);
  assert.equal(histogram.zeroCount, 2);
  const expected: Record<number, number> = {};
  for (const value of values.filter((one) => one > 0)) {
    const index = Math.ceil(Math.log2(value) * 2 ** histogram.schema - 1e-9);
    expected[index] = (expected[index] ?? 0) + 1;
  }
  assert.deepEqual(toBuckets(histogram.positiveSpan, histogram.positiveDelta), expected);
  assert.deepEqual(toBuckets(histogram.negativeSpan, histogram.negativeDelta), {});
});

test('an exponential histogram finer than the finest native schema is downscaled', async () => {
  const families = await decodedPage((provider) => {
    const histogram = provider.getMeter('test').createHistogram('exp.h');
    for (let step = 0; step < 100; step++) histogram.record(1 + step / 1e6);
  });
  const histogram = families.get('exp_h')?.metric[0]?.histogram;
  assert.equal(histogram?.schema, 8);
  assert.deepEqual(toBuckets(histogram.positiveSpan, histogram.positiveDelta), { 0: 1, 1: 99 });
});

test('an exposition of many series has correct length prefixes', async () => {
  const families = await decodedPage((provider) => {
    const counter = provider.getMeter('test').createCounter('c');
    for (let series = 0; series < 1500; series++)
      counter.add(series, { series, padding: 'x'.repeat(series % 300) });
  });
  const metrics = families.get('c_total')?.metric ?? [];
  assert.equal(metrics.length, 1500);
  assert.equal(
    metrics.reduce((sum, { counter }) => sum + (counter?.value ?? 0), 0),
    (1499 * 1500) / 2,
  );
});
