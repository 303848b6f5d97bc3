import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { type Attributes, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
  type MetricReaderOptions,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { PrometheusExporter, ProxyMeterProvider } from '@sonde/exporters';
import { collectNow, getExemplars, LeanMeterProvider, type LeanMeterProviderOptions } from '@sonde/sdk';

class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}

const delta: MetricReaderOptions = { aggregationTemporalitySelector: () => AggregationTemporality.DELTA };

function started(options: LeanMeterProviderOptions = {}, reader = new Reader()) {
  const provider = new LeanMeterProvider({ readers: [reader], ...options });
  const points = async (): Promise<{ attributes: Attributes; value: unknown; startMs: number }[]> => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ dataPoints }) =>
        dataPoints.map(({ attributes, value, startTime: [seconds, nanos] }) => ({
          attributes,
          value,
          startMs: seconds * 1000 + nanos / 1e6,
        })),
      ),
    );
  };
  return { provider, reader, points };
}

test('measurements from before the provider are exported, with exemplars', async () => {
  const proxy = new ProxyMeterProvider();
  const counter = proxy.getMeter('early').createCounter('c');
  const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  counter.add(1, { a: 1 }, trace.setSpanContext(ROOT_CONTEXT, spanContext));
  let observed = 1;
  const gauge = proxy.getMeter('early').createObservableGauge('g');
  gauge.addCallback((result) => result.observe(observed));

  const exporter = new PrometheusExporter({ port: 0, scopeInfo: false, targetInfo: false });
  const { provider } = started({}, exporter);
  proxy.setDelegate(provider);
  counter.add(2, { a: 1 });
  provider.getMeter('early').createCounter('c').add(4, { a: 1 });
  observed = 7;

  const ready = await exporter.ready();
  if ('error' in ready) throw ready.error;
  const accept = 'application/openmetrics-text; version=1.0.0';
  const page = await (await fetch(ready.url, { headers: { accept } })).text();
  assert.match(page, /^c_total\{a="1"\} 7(\.0)? # \{.*span_id="bbbbbbbbbbbbbbbb".*\} 1/m);
  assert.match(page, /^g 7/m);
  await provider.shutdown();
});

for (const kind of ['ObservableGauge', 'ObservableCounter', 'ObservableUpDownCounter'] as const) {
  test(`a series that callbacks no longer observe is not exported (${kind})`, async () => {
    const { provider, reader, points } = started();
    let hosts = ['a', 'b'];
    const instrument = provider.getMeter('pool')[`create${kind}`]('conn.open');
    instrument.addCallback((result) => {
      for (const host of hosts) result.observe(1, { host });
    });
    const exported = async (): Promise<unknown[]> =>
      (await points()).map(({ attributes }) => attributes['host']);
    assert.deepEqual(await exported(), ['a', 'b']);
    hosts = ['b'];
    assert.deepEqual(await exported(), ['b']);
    const atExit = collectNow(reader)?.[0]?.metrics[0]?.dataPoints;
    assert.deepEqual(
      atExit?.map(({ attributes }) => attributes['host']),
      ['b'],
    );
    hosts = [];
    assert.deepEqual(await exported(), []);
    hosts = ['a'];
    assert.deepEqual(await exported(), ['a']);
  });
}

test('series that are no longer observed free their place below the limit', async () => {
  const { provider, points } = started({ cardinalityLimit: 3 });
  let round = 0;
  const gauge = provider.getMeter('pool').createObservableGauge('pods');
  gauge.addCallback((result) => {
    for (const pod of [round, round + 1]) result.observe(1, { pod });
  });
  for (; round < 40; round += 4) {
    const pods = (await points()).map(({ attributes }) => attributes['pod']);
    assert.deepEqual(pods, [round, round + 1]);
    // Two collections without a series free its place.
    const before = round;
    round = -10;
    await points();
    await points();
    round = before;
  }
});

test('a callback that fails once keeps the start time of its series', async () => {
  const { provider, points } = started();
  let fails = false;
  const counter = provider.getMeter('pool').createObservableCounter('jobs');
  counter.addCallback((result) => {
    if (fails) throw new Error('failed');
    result.observe(4);
  });
  const [first] = await points();
  fails = true;
  assert.deepEqual(await points(), []);
  fails = false;
  assert.deepEqual(await points(), [first]);
});

test('two readers that collect at once both receive what was observed', async () => {
  const [one, other] = [new Reader(), new Reader()];
  const provider = new LeanMeterProvider({ readers: [one, other] });
  const waiting: (() => void)[] = [];
  const gauge = provider.getMeter('pool').createObservableGauge('size');
  gauge.addCallback(async (result) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    result.observe(1);
  });
  const collections = [one.collect(), other.collect()];
  // The second collection's callback ends before the first one's.
  for (const resolve of waiting.toReversed()) resolve();
  for (const { resourceMetrics } of await Promise.all(collections)) {
    assert.equal(resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints.length, 1);
  }
});

test('a periodic reader exports at its interval, and once at shutdown', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const resource = resourceFromAttributes({ 'service.name': 'lean' });
  const provider = new LeanMeterProvider({ resource, readers: [reader] });
  const counter = provider.getMeter('m', '1').createCounter('c');
  counter.add(1);
  await provider.forceFlush();
  counter.add(1);
  await provider.shutdown();
  const exported = exporter.getMetrics();
  assert.deepEqual(
    exported.map(({ scopeMetrics }) => scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value),
    [1, 2],
  );
  assert.equal(exported[0]?.resource, resource);
  assert.equal(exported[0]?.scopeMetrics[0]?.scope.version, '1');
});

test('an exiting process collects synchronously', async () => {
  const { provider, reader } = started();
  const counter = provider.getMeter('m').createCounter('c');
  counter.add(1);
  await provider.shutdown();
  counter.add(2);
  const [scope] = collectNow(reader) ?? [];
  assert.equal(scope?.metrics[0]?.dataPoints[0]?.value, 3);
});

for (const [name, readerOptions] of [
  ['cumulative', {}],
  ['delta', delta],
] as const) {
  test(`an unused ${name} series is dropped, and restarts`, async () => {
    const { provider, points } = started(
      { expireAfterMs: 1, cardinalityLimit: 3 },
      new Reader(readerOptions),
    );
    const counter = provider.getMeter('m').createCounter('c');
    const frozen = Object.freeze({ user: 'frozen' });
    counter.add(1, { user: 'a' });
    counter.add(1, frozen);
    counter.add(1, { user: 'c' });
    const first = await points();
    assert.deepEqual(
      first.map(({ attributes }) => attributes),
      [{ user: 'a' }, { user: 'frozen' }, { 'otel.metric.overflow': true }],
    );

    let left = first;
    while (left.length > 0) {
      await later(2);
      left = await points();
    }
    counter.add(5, frozen);
    counter.add(6, { user: 'c' });
    const again = await points();
    assert.deepEqual(
      again.map(({ attributes, value }) => [attributes, value]),
      [
        [{ user: 'frozen' }, 5],
        [{ user: 'c' }, 6],
      ],
    );
    const end = Math.max(...first.map(({ startMs }) => startMs));
    assert.ok(again.every(({ startMs }) => startMs > end));
    await provider.shutdown();
  });
}

test('a series that is used or observed is not dropped', async () => {
  const { provider, points } = started({ expireAfterMs: 1 });
  const meter = provider.getMeter('m');
  const counter = meter.createCounter('c');
  let isObserved = true;
  meter.createObservableGauge('g').addCallback((result) => {
    if (isObserved) result.observe(1, { kind: 'rare' });
    result.observe(2, { kind: 'usual' });
  });
  for (let count = 1; count <= 5; count++) {
    counter.add(1);
    await later(2);
    assert.deepEqual(
      (await points()).map(({ value }) => value),
      [count, 1, 2],
    );
  }
  isObserved = false;
  let left = 3;
  while (left > 2) {
    counter.add(1);
    await later(2);
    left = (await points()).length;
  }
  assert.equal(left, 2);
  await provider.shutdown();
});

test('histograms of both signs, and of zeros for a while, keep the finest possible scale', async () => {
  const { provider, points } = started({
    views: [{ instrumentName: '*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const gauge = provider.getMeter('m').createGauge('g');
  for (const value of [3, 0, -3]) {
    gauge.record(value);
    await points();
  }
  const [point] = await points();
  assert.deepEqual(point?.value, {
    min: -3,
    max: 3,
    sum: undefined,
    count: 3,
    zeroCount: 1,
    scale: 20,
    positive: { offset: 1_661_953, bucketCounts: [1] },
    negative: { offset: 1_661_953, bucketCounts: [1] },
  });
  await provider.shutdown();
});

test('an observable counter is reset in the middle of a collection', async () => {
  const { provider, points } = started();
  const counter = provider.getMeter('m').createObservableCounter('c');
  let round = 0;
  for (const values of [
    [10, 3],
    [10, 5],
  ]) {
    counter.addCallback((result) => result.observe(values[round] ?? 0));
  }
  await points();
  round = 1;
  assert.deepEqual(
    (await points()).map(({ value }) => value),
    [5],
  );
  await provider.shutdown();
});

test('a callback that never settles is cut off and reported, and the other metrics go on', async () => {
  const notices: string[] = [];
  const { provider, reader } = started({
    onNotice: ({ code, message }) => notices.push(`${code} ${message}`),
  });
  const meter = provider.getMeter('m');
  let calls = 0;
  let settle = (): void => {};
  meter.createObservableGauge('stuck').addCallback(async (result) => {
    calls++;
    await new Promise<void>((resolve) => (settle = resolve));
    result.observe(1);
  });
  meter.createObservableGauge('healthy').addCallback((result) => result.observe(2));
  meter.createCounter('counted').add(3);
  const collect = async (): Promise<[names: string[], errors: string[]]> => {
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: 20 });
    const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ descriptor }) => descriptor.name),
    );
    return [names.toSorted(), errors.map((error) => (error as Error).message)];
  };
  // The timer of the collection keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  assert.deepEqual(await collect(), [
    ['counted', 'healthy'],
    ['the callback of stuck takes more than 20 ms'],
  ]);
  assert.deepEqual(await collect(), [['counted', 'healthy'], ['the callback of stuck has not returned yet']]);
  assert.equal(calls, 1);
  assert.deepEqual(notices, [
    'SONDE_METRIC_CALLBACK_SLOW the callback of metric stuck takes more than 20 ms: it is skipped until it returns, and the other metrics are collected',
  ]);
  settle();
  await later(0);
  void collect();
  await later(0);
  assert.equal(calls, 2, 'it is called again once it has returned');
  settle();
  clearInterval(alive);
  await provider.shutdown();
});

test('a delta point starts where the last collection ended, also after a quiet interval', async () => {
  const { provider, points } = started({}, new Reader(delta));
  const counter = provider.getMeter('m').createCounter('jobs');
  counter.add(1);
  const [first] = await points();
  assert.ok(first !== undefined);
  await later(5);
  const quietMs = Date.now();
  assert.deepEqual(await points(), []);
  await later(20);
  counter.add(1, { shard: 1 });
  await later(20);
  counter.add(1, { shard: 2 });
  const starts = (await points()).map(({ startMs }) => startMs);
  assert.equal(new Set(starts).size, 1);
  assert.ok((starts[0] ?? 0) >= quietMs && (starts[0] ?? 0) < quietMs + 20);
});

test('an observed total starts with its instrument, or with the collection before it', async () => {
  const { provider, points } = started();
  const createdMs = Date.now();
  const counter = provider.getMeter('m').createObservableCounter('bytes');
  let shards = [1];
  counter.addCallback((result) => {
    for (const shard of shards) result.observe(7, { shard });
  });
  await later(20);
  const beforeMs = Date.now();
  const [first] = await points();
  assert.ok((first?.startMs ?? 0) >= createdMs && (first?.startMs ?? Infinity) < beforeMs);
  const collectedMs = Date.now();
  await later(20);
  shards = [1, 2];
  const [same, added] = await points();
  assert.equal(same?.startMs, first?.startMs);
  assert.ok((added?.startMs ?? 0) >= beforeMs && (added?.startMs ?? Infinity) <= collectedMs);
});

test('instruments whose names differ in case are one, under the first name, with a notice', async () => {
  const notices: string[] = [];
  const { provider, reader } = started({ onNotice: ({ code }) => notices.push(code) });
  const meter = provider.getMeter('m');
  meter.createCounter('requestCount').add(1);
  meter.createCounter('RequestCount').add(2);
  meter.createCounter('REQUESTCOUNT').add(4);
  provider.getMeter('other').createCounter('RequestCount').add(8);
  const { resourceMetrics } = await reader.collect();
  const values = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]),
  );
  assert.deepEqual(values, [
    ['requestCount', 7],
    ['RequestCount', 8],
  ]);
  assert.deepEqual(notices, ['SONDE_METRIC_NAME_CASE', 'SONDE_METRIC_NAME_CASE']);
});

test('a histogram in seconds has boundaries in seconds, unless it names its own', async () => {
  const { provider, reader } = started();
  const meter = provider.getMeter('m');
  meter.createHistogram('seconds', { unit: 's' }).record(0.03);
  meter.createHistogram('own', { unit: 's', advice: { explicitBucketBoundaries: [1] } }).record(0.03);
  meter.createHistogram('milliseconds', { unit: 'ms' }).record(30);
  const { resourceMetrics } = await reader.collect();
  const boundaries = resourceMetrics.scopeMetrics[0]?.metrics.map(({ dataPoints }) => {
    const value = dataPoints[0]?.value;
    return typeof value === 'object' && 'buckets' in value ? value.buckets.boundaries.slice(0, 2) : undefined;
  });
  assert.deepEqual(boundaries, [[0.005, 0.01], [1], [0, 5]]);
});

test('the exemplar filter selects measurements in sampled spans, all, or none', async () => {
  const sampled = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  const exemplarsWith = async (
    exemplarFilter: NonNullable<LeanMeterProviderOptions['exemplarFilter']>,
    engine: 'lean' | 'standard',
  ): Promise<unknown> => {
    const reader = new Reader();
    const proxy = new ProxyMeterProvider();
    proxy.setExemplarFilter(exemplarFilter);
    const Provider = engine === 'lean' ? LeanMeterProvider : MeterProvider;
    const provider = new Provider({ readers: [reader], exemplarFilter });
    proxy.setDelegate(provider);
    const counter = (engine === 'lean' ? provider : proxy).getMeter('m').createCounter('c');
    counter.add(1, {}, ROOT_CONTEXT);
    counter.add(64, {}, trace.setSpanContext(ROOT_CONTEXT, sampled));
    counter.add(2 ** 20, {}, trace.setSpanContext(ROOT_CONTEXT, { ...sampled, traceFlags: 0 }));
    const { resourceMetrics } = await reader.collect();
    const { attributes = {} } = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0] ?? {};
    return getExemplars(attributes, 0)
      .toSorted((a, b) => a.value - b.value)
      .map(({ value, traceId }) => [value, traceId.slice(0, 1)]);
  };
  for (const engine of ['lean', 'standard'] as const) {
    assert.deepEqual(await exemplarsWith('trace_based', engine), [[64, 'a']], engine);
    assert.deepEqual(await exemplarsWith('always_off', engine), [], engine);
    const all = [
      [1, ''],
      [64, 'a'],
      [2 ** 20, 'a'],
    ];
    assert.deepEqual(await exemplarsWith('always_on', engine), all, engine);
  }
});

for (const Provider of [LeanMeterProvider, MeterProvider]) {
  test(`a scrape with a callback that never ends has everything else within its timeout (${Provider.name})`, async () => {
    const notices: string[] = [];
    const exporter = new PrometheusExporter({
      port: 0,
      scopeInfo: false,
      targetInfo: false,
      onNotice: ({ code }) => notices.push(code),
    });
    const provider = new Provider({ readers: [exporter] });
    const meter = provider.getMeter('m');
    meter.createCounter('jobs').add(3);
    meter.createObservableGauge('stuck').addCallback(() => new Promise(() => {}));
    meter.createObservableGauge('broken').addCallback(() => {
      throw new Error('no connection');
    });
    const ready = await exporter.ready();
    if ('error' in ready) throw ready.error;
    // Upstream's provider calls the stuck callback at each scrape, and waits for it again.
    for (let scrape = Provider === LeanMeterProvider ? 0 : 1; scrape < 2; scrape++) {
      const headers = { accept: 'text/plain', 'x-prometheus-scrape-timeout-seconds': '3' };
      const response = await fetch(ready.url, { headers, signal: AbortSignal.timeout(30_000) });
      assert.equal(response.status, 200);
      assert.match(await response.text(), /^jobs_total 3$/m);
    }
    assert.ok(notices.includes('SONDE_METRIC_CALLBACK_FAILED'));
    await provider.shutdown();
  });
}

test('a collection of many series pauses for the event loop, and has each series once', async () => {
  const reader = new PrometheusExporter({ preventServerStart: true, cardinalityLimit: 100_000 });
  const provider = new LeanMeterProvider({ readers: [reader], cardinalityLimit: 100_000 });
  const counter = provider.getMeter('many').createCounter('c');
  const other = provider.getMeter('other').createCounter('c');
  for (let index = 0; index < 50_000; index++) counter.add(1, { index });
  for (let index = 0; index < 50_000; index++) other.add(1, { index });
  let turns = 0;
  const turn = (): void => {
    // A measurement during a pause is in this collection or in the next one.
    counter.add(1, { index: turns++ });
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  const { resourceMetrics } = await reader.collect();
  clearImmediate(immediate);
  assert.ok(turns > 1, String(turns));
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    const points = metrics[0]?.dataPoints ?? [];
    assert.equal(new Set(points.map(({ attributes }) => attributes['index'])).size, 50_000);
    assert.equal(points.length, 50_000);
  }
  await provider.shutdown();
});
