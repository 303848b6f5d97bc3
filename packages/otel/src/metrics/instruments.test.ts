import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { counter, gauge, histogram, upDownCounter } from '../index.ts';

test('instruments made and used before there is a provider count from then on', async () => {
  const made = {
    count: counter('made.early', { description: 'Things' }),
    level: upDownCounter('level.early'),
    spread: histogram('spread.early', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }),
    last: gauge('last.early'),
  };
  made.count.add(1);

  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  made.count.add(2, { kind: 'a' });
  made.level.add(-3);
  made.spread.record(1.5);
  made.last.record(7);
  await reader.forceFlush();

  const collected = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics)
    .map(({ descriptor, dataPoints: [point] }) => [descriptor.name, point?.value, point?.attributes]);
  assert.deepEqual(collected, [
    ['made.early', 2, { kind: 'a' }],
    ['level.early', -3, {}],
    [
      'spread.early',
      { buckets: { boundaries: [1, 2], counts: [0, 1, 0] }, count: 1, max: 1.5, min: 1.5, sum: 1.5 },
      {},
    ],
    ['last.early', 7, {}],
  ]);
});
