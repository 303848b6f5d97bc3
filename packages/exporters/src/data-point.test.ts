import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AggregationType, MeterProvider, type ExponentialHistogram } from '@opentelemetry/sdk-metrics';

import { Random } from '@sonde/test-support/random';
import { PrometheusExporter } from './prometheus/exporter.ts';
import { addValues, isExponential } from './data-point.ts';

/** The histogram that the SDK aggregates values to. */
async function exponentialHistogram(values: readonly number[]): Promise<ExponentialHistogram> {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const;
  const provider = new MeterProvider({ readers: [exporter], views: [{ instrumentName: '*', aggregation }] });
  const histogram = provider.getMeter('test').createHistogram('h');
  for (const value of values) histogram.record(value);
  const { resourceMetrics } = await exporter.collect();
  await provider.shutdown();
  const value = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value;
  assert.ok(typeof value === 'object' && isExponential(value));
  return value;
}

/** The counts by bucket index at a coarser scale. */
function countsAt(scale: number, { scale: own, positive }: ExponentialHistogram): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const [position, count] of positive.bucketCounts.entries()) {
    const index = (positive.offset + position) >> (own - scale);
    if (count > 0) counts[index] = (counts[index] ?? 0) + count;
  }
  return counts;
}

for (let seed = 1; seed <= 10; seed++) {
  test(`the sum of two exponential histograms is the histogram of all values (seed ${seed})`, async () => {
    const random = new Random(seed);
    const range = random.pick([1, 10, 1e3, 1e9, 1e30]);
    const values = Array.from({ length: 200 }, () => random.below(20) && random.next() * range);
    const split = random.below(200);
    const [a, b, all] = await Promise.all([
      exponentialHistogram([1, ...values.slice(0, split)]),
      exponentialHistogram([2, ...values.slice(split)]),
      exponentialHistogram([1, 2, ...values]),
    ]);
    const sum = addValues(a, b);
    assert.ok(typeof sum === 'object' && isExponential(sum));
    const scale = Math.min(sum.scale, all.scale);
    assert.ok(sum.scale >= all.scale - 1);
    assert.deepEqual(countsAt(scale, sum), countsAt(scale, all));
    assert.deepEqual([sum.count, sum.zeroCount], [all.count, all.zeroCount]);
    assert.ok(sum.positive.bucketCounts.length <= 160);
  });
}

test('histograms with different boundaries, and numbers and histograms, cannot be added', () => {
  const a = { buckets: { boundaries: [1], counts: [1, 0] }, count: 1, sum: 1 };
  const b = { buckets: { boundaries: [2], counts: [1, 0] }, count: 1, sum: 1 };
  assert.equal(addValues(a, b), undefined);
  assert.equal(addValues(a, 1), undefined);
  assert.equal(addValues(1, 2), 3);
});
