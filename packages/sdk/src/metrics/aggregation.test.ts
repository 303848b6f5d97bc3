import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MetricReader } from '@opentelemetry/sdk-metrics';

import { LeanMeterProvider } from './meter-provider.ts';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

test('boundaries are sorted, and those that are equal or not finite are removed', async () => {
  const reader = new ManualReader();
  const meter = new LeanMeterProvider({ readers: [reader] }).getMeter('test');
  const explicitBucketBoundaries = [2, 1, 1, Number.NaN, Infinity, -Infinity];
  const histogram = meter.createHistogram('sizes', { advice: { explicitBucketBoundaries } });
  for (const value of [0.5, 1, 1.5, 9]) histogram.record(value);
  const { resourceMetrics } = await reader.collect();
  const value = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value;
  assert.deepEqual(typeof value === 'object' && 'buckets' in value ? value.buckets : undefined, {
    boundaries: [1, 2],
    counts: [2, 1, 1],
  });
});
