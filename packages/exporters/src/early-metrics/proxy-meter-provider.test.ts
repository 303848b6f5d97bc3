import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, ROOT_CONTEXT, trace, TraceFlags, type Attributes, type Context } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationType,
  createAllowListAttributesProcessor,
  MeterProvider,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';

import { PrometheusExporter } from '../prometheus/exporter.ts';
import { parseOpenMetrics, type OpenMetricsSample } from '../testing/openmetrics.ts';
import { openMetricsAccept } from '../testing/served-exporter.ts';
import { ProxyMeterProvider, type ProxyMeterProviderOptions } from './proxy-meter-provider.ts';
import type { Notice } from '@sonde/sdk';

const traceId = '0af7651916cd43dd8448eb211c80319c';

function inSpan(spanNumber: number, traceFlags: number = TraceFlags.SAMPLED): Context {
  const spanId = spanNumber.toString(16).padStart(16, '0');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags });
}

interface Started extends AsyncDisposable {
  readonly proxy: ProxyMeterProvider;
  readonly notices: readonly Notice[];
  readonly samples: () => Promise<OpenMetricsSample[]>;
}

async function start(
  options: ProxyMeterProviderOptions = {},
  views: readonly ViewOptions[] = [],
  before: (proxy: ProxyMeterProvider) => void = () => undefined,
): Promise<Started> {
  const notices: Notice[] = [];
  const proxy = new ProxyMeterProvider({ onNotice: (notice) => void notices.push(notice), ...options });
  before(proxy);
  const exporter = new PrometheusExporter({
    port: 0,
    scopeInfo: false,
    targetInfo: false,
    createdTimestamps: false,
  });
  const provider = new MeterProvider({
    readers: [exporter],
    resource: emptyResource(),
    views: proxy.views(views),
  });
  proxy.setDelegate(provider);
  const ready = await exporter.ready();
  if ('error' in ready) throw ready.error;
  return {
    proxy,
    notices,
    samples: async () => {
      const response = await fetch(ready.url, { headers: { accept: openMetricsAccept } });
      return parseOpenMetrics(await response.text()).flatMap(({ samples }) => samples);
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

function createSpan(sample: OpenMetricsSample | undefined): string | undefined {
  return sample?.exemplar?.labels.get('span_id');
}

test('instruments created before an SDK is registered keep their measurements', async () => {
  let gauge = 1;
  await using started = await start({}, [], (proxy) => {
    const meter = proxy.getMeter('early');
    meter.createCounter('c').add(2, { a: 1 });
    meter.createUpDownCounter('u').add(-3);
    meter.createHistogram('h').record(7);
    meter.createGauge('g').record(5);
    meter.createObservableGauge('o').addCallback((result) => result.observe(gauge));
    const batched = meter.createObservableCounter('b');
    meter.addBatchObservableCallback((result) => result.observe(batched, 9), [batched]);
  });
  started.proxy.getMeter('early').createCounter('c').add(1, { a: 1 });
  gauge = 4;
  const values = new Map((await started.samples()).map(({ name, value }) => [name, value]));
  assert.deepEqual(
    ['c_total', 'u', 'h_sum', 'g', 'o', 'b_total'].map((name) => values.get(name)),
    [3, -3, 7, 5, 4, 9],
  );
});

test('a measurement in a sampled span before an SDK is registered has an exemplar', async () => {
  await using started = await start({}, [], (proxy) => {
    proxy.getMeter('early').createCounter('c').add(1, {}, inSpan(1));
  });
  assert.equal(createSpan((await started.samples())[0]), '0000000000000001');
});

test('measurements beyond the buffer are counted', async () => {
  await using started = await start({}, [], (proxy) => {
    const counter = proxy.getMeter('early').createCounter('c');
    for (let count = 0; count < 10_007; count++) counter.add(1);
  });
  const samples = await started.samples();
  assert.equal(samples.find(({ name }) => name === 'c_total')?.value, 10_000);
  assert.equal(samples.find(({ name }) => name === 'sonde_metrics_rejected_total')?.value, 7);
});

test('values that are not finite are rejected, counted and reported once', async () => {
  await using started = await start();
  const meter = started.proxy.getMeter('test');
  const histogram = meter.createHistogram('h');
  for (const value of [1, NaN, Infinity, -Infinity, 2]) histogram.record(value);
  meter.createObservableGauge('o').addCallback((result) => result.observe(NaN));
  await started.samples();
  const samples = await started.samples();
  assert.equal(samples.find(({ name }) => name === 'h_sum')?.value, 3);
  assert.equal(
    samples.some(({ name }) => name === 'o'),
    false,
  );
  assert.ok((samples.find(({ name }) => name === 'sonde_metrics_rejected_total')?.value ?? 0) >= 4);
  assert.deepEqual(
    started.notices.map(({ code }) => code),
    ['SONDE_METRIC_REJECTED', 'SONDE_METRIC_REJECTED'],
  );
});

test('attributes are copied: later changes have no effect', async () => {
  await using started = await start();
  const counter = started.proxy.getMeter('test').createCounter('c');
  const attributes: Attributes = { user: 'a', list: ['x'] };
  counter.add(1, attributes);
  attributes['user'] = 'b';
  counter.add(1, attributes);
  attributes['user'] = 'c';
  const samples = await started.samples();
  assert.deepEqual(
    samples.map(({ labels }) => labels.get('user')),
    ['a', 'b'],
  );
});

test('attribute order does not matter, value types do', async () => {
  await using started = await start();
  const counter = started.proxy.getMeter('test').createCounter('c');
  counter.add(1, { a: 'x', b: 'y' });
  counter.add(1, { b: 'y', a: 'x' });
  counter.add(1, { a: 'x1:bs1:y' });
  assert.deepEqual(
    (await started.samples()).map(({ value }) => value),
    [2, 1],
  );
});

test('attributes with throwing getters harm neither the caller nor the metric', async () => {
  await using started = await start();
  const counter = started.proxy.getMeter('test').createCounter('c');
  const poison: Attributes = {};
  Object.defineProperty(poison, 'a', {
    enumerable: true,
    get: () => {
      throw new Error('poison');
    },
  });
  counter.add(1, poison);
  counter.add(1);
  assert.equal((await started.samples()).find(({ name }) => name === 'c_total')?.value, 1);
});

test('attribute sets beyond the limit share one series for the lifetime of the process', async () => {
  await using started = await start({ cardinalityLimit: 10 });
  const counter = started.proxy.getMeter('test').createCounter('c');
  const measureFrom = async (first: number): Promise<void> => {
    for (let user = first; user < first + 20; user++) counter.add(1, { user });
    await started.samples();
    if (first < 80) await measureFrom(first + 20);
  };
  await measureFrom(0);
  const samples = await started.samples();
  assert.equal(samples.length, 10);
  assert.equal(samples.find(({ labels }) => labels.has('otel_metric_overflow'))?.value, 91);
  assert.deepEqual(
    started.notices.map(({ code }) => code),
    ['SONDE_METRIC_CARDINALITY_LIMIT'],
  );
});

test('a histogram has the latest exemplar of each bucket, a counter the latest of all', async () => {
  await using started = await start();
  const meter = started.proxy.getMeter('test');
  const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [0.1, 1, 10] } });
  histogram.record(0.05, {}, inSpan(1));
  histogram.record(0.06, {}, inSpan(2));
  histogram.record(5, {}, inSpan(3));
  histogram.record(0.5, {}, inSpan(4, TraceFlags.NONE));
  histogram.record(100, {}, ROOT_CONTEXT);
  meter.createCounter('c').add(1, { route: '/' }, inSpan(5));
  const samples = await started.samples();
  const buckets = samples.filter(({ name }) => name === 'h_bucket');
  assert.deepEqual(buckets.map(createSpan), ['0000000000000002', undefined, '0000000000000003', undefined]);
  const counter = samples.find(({ name }) => name === 'c_total');
  assert.equal(counter?.exemplar?.labels.get('trace_id'), traceId);
  assert.equal(counter?.exemplar?.value, 1);
});

test('one in sixteen similar measurements becomes an exemplar, and a different value immediately', async () => {
  await using started = await start();
  const histogram = started.proxy
    .getMeter('test')
    .createHistogram('h', { advice: { explicitBucketBoundaries: [0.1, 1] } });
  const exemplars = async () =>
    (await started.samples()).filter(({ name }) => name === 'h_bucket').map((bucket) => createSpan(bucket));
  for (let span = 1; span <= 40; span++) histogram.record(0.05, {}, inSpan(span));
  histogram.record(0.5, {}, inSpan(0xa));
  histogram.record(0.05, {}, inSpan(0xb));
  for (let span = 0; span < 16; span++) histogram.record(0.05, {}, inSpan(0xc));
  histogram.record(0.05, {}, inSpan(0xd));
  assert.deepEqual(await exemplars(), ['000000000000000c', '000000000000000a', undefined]);
  histogram.record(0.05, {}, inSpan(0xe));
  assert.deepEqual(await exemplars(), ['000000000000000e', '000000000000000a', undefined], 'after a scrape');
});

test('measurements that vary slightly count as similar', async () => {
  await using started = await start();
  const histogram = started.proxy
    .getMeter('test')
    .createHistogram('h', { advice: { explicitBucketBoundaries: [0.1, 1] } });
  const record = (values: readonly number[], span: number): void => {
    for (const value of values) histogram.record(value, {}, inSpan(span));
  };
  for (let round = 0; round < 16; round++) record([0.05, 0.065, 0.08, 0.065], 1);
  record([0.05, 0.05], 1);
  // Three were new, and sixty-three alike: the next one is looked at.
  record([0.08], 2);
  for (let round = 0; round < 3; round++) record([0.05, 0.065, 0.08, 0.065], 3);
  record([0.5], 4);
  for (let round = 0; round < 9; round++) record([20, 30], 5);
  const samples = await started.samples();
  const buckets = samples.filter(({ name }) => name === 'h_bucket').map((bucket) => createSpan(bucket));
  assert.deepEqual(buckets, ['0000000000000002', '0000000000000004', '0000000000000005']);
});

test('the active span is used if no context is passed', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await using started = await start();
  const counter = started.proxy.getMeter('test').createCounter('c');
  context.with(inSpan(7), () => counter.add(1));
  assert.equal(createSpan((await started.samples())[0]), '0000000000000007');
});

test('exemplars and the limit follow views that rename, filter and change the aggregation', async () => {
  const views: ViewOptions[] = [
    {
      instrumentName: 'requests',
      name: 'calls',
      attributesProcessors: [createAllowListAttributesProcessor(['route'])],
    },
    {
      instrumentName: 'duration',
      aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [1] } },
    },
  ];
  await using started = await start({ cardinalityLimit: 5 }, views);
  const meter = started.proxy.getMeter('test');
  const requests = meter.createCounter('requests');
  for (let user = 0; user < 30; user++) requests.add(1, { route: `/${user % 3}`, user }, inSpan(user + 1));
  meter.createHistogram('duration').record(2, { route: '/' }, inSpan(0xabc));
  const samples = await started.samples();
  const calls = samples.filter(({ name }) => name === 'calls_total');
  assert.deepEqual(
    calls.map(({ value }) => value),
    [10, 10, 10],
  );
  assert.deepEqual(calls.map(createSpan), ['000000000000001c', '000000000000001d', '000000000000001e']);
  const buckets = samples.filter(({ name }) => name === 'duration_bucket');
  assert.deepEqual(buckets.map(createSpan), [undefined, '0000000000000abc']);
});

test('two instruments with the same name share one series and its exemplar', async () => {
  await using started = await start();
  for (const span of [1, 2]) started.proxy.getMeter('test').createCounter('c').add(1, {}, inSpan(span));
  const samples = await started.samples();
  assert.deepEqual(
    samples.map(({ value }) => value),
    [2],
  );
  assert.equal(createSpan(samples[0]), '0000000000000002');
});

test('a counter of type unknown in OpenMetrics has no exemplar', async () => {
  await using started = await start();
  const meter = started.proxy.getMeter('test');
  meter.createUpDownCounter('requests').add(1);
  meter.createCounter('requests').add(1, {}, inSpan(1));
  assert.deepEqual(
    (await started.samples()).map(({ name, exemplar }) => [name, exemplar]),
    [
      ['requests', undefined],
      ['requests_total', undefined],
    ],
  );
});
