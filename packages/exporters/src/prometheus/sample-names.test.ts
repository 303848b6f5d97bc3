import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationType } from '@opentelemetry/sdk-metrics';

import { parseOpenMetrics } from '../testing/openmetrics.ts';
import { openMetricsAccept, serve, type Served } from '../testing/served-exporter.ts';

const withoutLabels = { scopeInfo: false, targetInfo: false };

/** The type of each family, and the value of each sample without labels, `_created` left out. */
async function openMetrics(served: Served): Promise<Record<string, string | number>> {
  const families = parseOpenMetrics(await served.scrape(openMetricsAccept));
  return Object.fromEntries([
    ...families.map(({ name, type }) => [`# ${name}`, type]),
    ...families.flatMap(({ type, samples }) =>
      samples
        .filter(({ name, labels }) => labels.size === 0 && !(type !== 'gauge' && name.endsWith('_created')))
        .map(({ name, value }) => [name, value]),
    ),
  ]);
}

test('a counter has no creation time where a gauge has its name', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createCounter('orders').add(5);
  meter.createGauge('orders.created').record(42);
  assert.deepEqual(await openMetrics(served), {
    '# orders_total': 'unknown',
    '# orders_created': 'gauge',
    orders_total: 5,
    orders_created: 42,
  });
  const text = await served.scrape();
  assert.match(text, /^# TYPE orders_total counter$/m);
  assert.match(text, /^orders_created 42$/m);
  assert.deepEqual(served.notices, []);
});

test('of two counters that reserve one name the first keeps its type', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createCounter('orders').add(5);
  meter.createCounter('orders.created').add(6);
  assert.deepEqual(await openMetrics(served), {
    '# orders': 'counter',
    '# orders_created_total': 'unknown',
    orders_total: 5,
    orders_created_total: 6,
  });
});

test('a counter that appears with a clashing gauge later loses its creation time then', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createCounter('orders').add(5);
  assert.match(await served.scrape(openMetricsAccept), /^orders_created \d/m);
  meter.createGauge('orders.created').record(42);
  assert.equal(
    (await served.scrape(openMetricsAccept)).match(/^orders_created .*$/gm)?.join(),
    'orders_created 42',
  );
});

for (const suffix of ['count', 'sum', 'bucket']) {
  test(`a histogram and a counter with the suffix ${suffix} are both exposed`, async () => {
    await using served = await serve(withoutLabels);
    const meter = served.provider.getMeter('test');
    meter.createHistogram('job', { advice: { explicitBucketBoundaries: [1] } }).record(3);
    meter.createCounter(`job.${suffix}`).add(7);
    assert.deepEqual(await openMetrics(served), {
      '# job': 'histogram',
      [`# job_${suffix}_total`]: 'unknown',
      job_count: 1,
      job_sum: 3,
      [`job_${suffix}_total`]: 7,
    });
  });
}

test('a gauge that is named like the creation time of a histogram is exposed in every format', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createHistogram('job', { advice: { explicitBucketBoundaries: [1] } }).record(3);
  meter.createGauge('job.created').record(42);
  assert.deepEqual(await openMetrics(served), {
    '# job_bucket': 'unknown',
    '# job_count': 'unknown',
    '# job_sum': 'unknown',
    '# job_created': 'gauge',
    job_count: 1,
    job_sum: 3,
    job_created: 42,
  });
  const text = await served.scrape();
  assert.match(text, /^# TYPE job histogram$/m);
  assert.match(text, /^job_created 42$/m);
  assert.deepEqual(served.notices, []);
});

test('a gauge that is named like a sample of a histogram is dropped in every format', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createHistogram('job').record(3);
  meter.createGauge('job.count').record(42);
  for (const page of [await served.scrape(), await served.scrape(openMetricsAccept)]) {
    assert.deepEqual(page.match(/^job_count .*$/gm), ['job_count 1']);
    assert.match(page, /dropped_series\{reason="type_conflict"\} 1/);
  }
});

test('a histogram with negative boundaries keeps its count and its sum without a type', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  meter.createHistogram('drift', { advice: { explicitBucketBoundaries: [-1, 1] } }).record(0.5);
  assert.deepEqual(await openMetrics(served), {
    '# drift_bucket': 'unknown',
    '# drift_count': 'unknown',
    '# drift_sum': 'unknown',
    drift_count: 1,
    drift_sum: 0.5,
  });
});

test('a histogram without a sum is exposed without one', async () => {
  const aggregation = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } as const;
  await using served = await serve(withoutLabels, {
    resource: emptyResource(),
    views: [{ instrumentName: '*', aggregation }],
  });
  served.provider.getMeter('test').createUpDownCounter('depth', { valueType: ValueType.INT }).add(3);
  const families = await openMetrics(served);
  assert.equal(families['depth_count'], 1);
  assert.equal('depth_sum' in families, false);
});

const unitNames = [
  ['bytes', 'By'],
  ['seconds', 's'],
  ['ratio', '1'],
] as const;

test('protobuf has a unit only where the name ends with it', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('test');
  for (const [name, unit] of unitNames) meter.createGauge(name, { unit }).record(1);
  meter.createCounter('volume.read', { unit: 'By' }).add(1);
  const accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  const page = Buffer.from(await (await fetch(served.url, { headers: { accept } })).arrayBuffer());
  const unitField = (unit: string): Buffer => Buffer.from([0x2a, unit.length, ...Buffer.from(unit)]);
  assert.equal(page.includes(unitField('seconds')), false);
  assert.equal(page.includes(unitField('ratio')), false);
  assert.equal(page.toString('latin1').split(unitField('bytes').toString('latin1')).length, 2);
});
