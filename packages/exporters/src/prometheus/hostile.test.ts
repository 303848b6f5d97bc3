import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ValueType, type Attributes } from '@opentelemetry/api';

import { emptyResource } from '@opentelemetry/resources';
import { DataPointType, type CollectionResult, type DataPoint } from '@opentelemetry/sdk-metrics';

import { parseOpenMetrics } from '../testing/openmetrics.ts';
import { openMetricsAccept, serve } from '../testing/served-exporter.ts';

async function readLabels(attributes: Attributes): Promise<Record<string, string>> {
  await using served = await serve({ scopeInfo: false, targetInfo: false });
  served.provider.getMeter('test').createCounter('c').add(1, attributes);
  const [family] = parseOpenMetrics(await served.scrape(openMetricsAccept));
  return Object.fromEntries(family?.samples[0]?.labels ?? []);
}

test('colliding labels become one, with the values in the order of their keys', async () => {
  assert.deepEqual(await readLabels({ a_b: 'second', 'a.b': 'first', 'a-b': 'zeroth' }), {
    a_b: 'zeroth;first;second',
  });
});

test('a label that starts with a digit is prefixed by an underscore', async () => {
  assert.deepEqual(await readLabels({ '1st': 'x' }), { _1st: 'x' });
});

test('names reserved by Prometheus are changed', async () => {
  assert.deepEqual(await readLabels({ __name__: 'x' }), { _name_: 'x' });
});

test('an empty key, a key of symbols, and an empty value', async () => {
  assert.deepEqual(await readLabels({ '': 'x', '💥': 'y', gone: '' }), { _: 'x;y' });
});

test('quotes, backslashes, line feeds, NUL and lone surrogates', async () => {
  assert.deepEqual(await readLabels({ v: 'a"b\\c\nd\0e\ud800f' }), { v: 'a"b\\c\nd\u{FFFD}e\u{FFFD}f' });
});

test('arrays and nested objects are JSON', async () => {
  assert.deepEqual(await readLabels({ list: ['a', 1], nested: { a: { b: 1 } }, u: undefined }), {
    list: '["a",1]',
    nested: '{"a":{"b":1}}',
  });
});

test('an attribute of a histogram called le does not break its buckets', async () => {
  await using served = await serve();
  served.provider.getMeter('test').createHistogram('h').record(3, { le: 'mine' });
  const families = parseOpenMetrics(await served.scrape(openMetricsAccept));
  const buckets = families
    .find(({ name }) => name === 'h')
    ?.samples.filter(({ name }) => name === 'h_bucket');
  assert.equal(buckets?.[0]?.labels.get('exported_le'), 'mine');
  assert.equal(buckets?.at(-1)?.labels.get('le'), '+Inf');
});

test('NaN and infinities are written as Prometheus does', async () => {
  await using served = await serve({ scopeInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createGauge('nan').record(NaN);
  meter.createGauge('above').record(Infinity);
  meter.createGauge('below').record(-Infinity);
  const page = await served.scrape();
  assert.match(page, /^nan NaN$/m);
  assert.match(page, /^above \+Inf$/m);
  assert.match(page, /^below -Inf$/m);
});

test('a type conflict drops the later metric, counts its series, and is reported once', async () => {
  await using served = await serve({ scopeInfo: false, targetInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createCounter('jobs').add(2);
  meter.createGauge('jobs_total').record(7, { a: 1 });
  meter.createGauge('jobs_total').record(7, { a: 2 });
  const pages = [await served.scrape(), await served.scrape()];
  for (const page of pages) {
    assert.match(page, /^jobs_total 2$/m);
    assert.match(page, /^sonde_prometheus_dropped_series\{reason="type_conflict"\} 2$/m);
    assert.equal(page.match(/# TYPE jobs_total /g)?.length, 1);
  }
  assert.deepEqual(
    served.notices.map(({ code }) => code),
    ['SONDE_PROMETHEUS_SERIES_DROPPED'],
  );
});

test('a metric without a valid name is dropped and counted', async () => {
  await using served = await serve();
  served.provider.getMeter('test').createCounter('').add(1);
  assert.match(await served.scrape(), /dropped_series\{reason="invalid_name"\} 1/);
});

test('a counter and a gauge with the same name are both exposed', async () => {
  await using served = await serve({ scopeInfo: false, targetInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createUpDownCounter('requests').add(3);
  meter.createCounter('requests').add(5);
  const families = parseOpenMetrics(await served.scrape(openMetricsAccept));
  assert.deepEqual(
    families.map(({ name, type, samples }) => [name, type, samples[0]?.value]),
    [
      ['requests', 'gauge', 3],
      ['requests_total', 'unknown', 5],
    ],
  );
});

test('attribute sets with the same labels are summed', async () => {
  await using served = await serve({ scopeInfo: false, targetInfo: false });
  for (const scope of ['one', 'two']) {
    const meter = served.provider.getMeter(scope);
    const counter = meter.createCounter('c');
    counter.add(1, { status: 200 });
    counter.add(2, { status: '200' });
    meter.createHistogram('h').record(7);
  }
  const page = await served.scrape();
  assert.match(page, /^c_total\{status="200"\} 6$/m);
  assert.match(page, /^h_bucket\{le="10"\} 2$/m);
  assert.match(page, /^h_sum 14$/m);
  assert.equal(page.match(/^c_total/gm)?.length, 1);
  assert.equal(await served.scrape(), page);
});

test('a callback that throws loses only its own series and is reported', async () => {
  await using served = await serve({ scopeInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createObservableGauge('broken').addCallback(() => {
    throw new Error('no reading');
  });
  meter.createGauge('sound').record(1);
  assert.match(await served.scrape(), /^sound 1$/m);
  assert.match(served.notices[0]?.message ?? '', /no reading/);
});

test('a callback that throws an unprintable value loses only its own series', async () => {
  await using served = await serve({ scopeInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createObservableGauge('broken').addCallback(() => {
    throw Object.create(null);
  });
  meter.createGauge('sound').record(1);
  assert.match(await served.scrape(), /^sound 1$/m);
  assert.match(served.notices[0]?.message ?? '', /its series are missing: \{\}$/);
});

test('target_info has the resource without arguments and owner', async () => {
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const resource = resourceFromAttributes({
    'service.name': 'shop',
    'process.command_args': ['node', '--password=secret'],
    'process.command_line': 'node --password=secret',
    'process.owner': 'root',
  });
  await using served = await serve({}, { resource });
  assert.match(await served.scrape(), /^target_info\{service_name="shop"\} 1$/m);
});

test('series have scope labels unless scopeInfo is off', async () => {
  await using served = await serve();
  served.provider.getMeter('lib', '1.2.3', { schemaUrl: 'https://example.com/s' }).createGauge('g').record(1);
  const line =
    'g{otel_scope_name="lib",otel_scope_schema_url="https://example.com/s",otel_scope_version="1.2.3"} 1';
  assert.ok((await served.scrape()).includes(`\n${line}\n`));
});

test('series that disappear and return are exposed once', async () => {
  const resource = emptyResource();
  const descriptor = { name: 'g', description: '', unit: '', valueType: ValueType.DOUBLE };
  const startTime: [number, number] = [0, 0];
  let first = 0;
  const point = (key: number): DataPoint<number> => ({
    attributes: { key },
    startTime,
    endTime: startTime,
    value: 1,
  });
  const collect = (): Promise<CollectionResult> => {
    const dataPoints = Array.from({ length: 100 }, (_, index) => point(first + (index % 90)));
    const metric = {
      descriptor,
      dataPointType: DataPointType.GAUGE,
      aggregationTemporality: 1,
      dataPoints,
    } as const;
    const scopeMetrics = [{ scope: { name: 'test' }, metrics: [metric] }];
    return Promise.resolve({ resourceMetrics: { resource, scopeMetrics }, errors: [] });
  };
  await using served = await serve({ metricProducers: [{ collect }], scopeInfo: false, targetInfo: false });
  const pageFrom = async (round: number): Promise<void> => {
    first = (round % 30) * 90;
    const lines = (await served.scrape()).split('\n').filter((line) => line.startsWith('g{'));
    assert.equal(new Set(lines).size, 90);
    assert.equal(lines.length, 90);
    if (round < 60) await pageFrom(round + 1);
  };
  await pageFrom(0);
});
