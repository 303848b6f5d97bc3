import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '@opentelemetry/api';
import { type DataPoint, MetricReader } from '@opentelemetry/sdk-metrics';
import { LeanMeterProvider } from '@sonde/sdk';
import {
  counter,
  gauge,
  histogram,
  info,
  observableCounter,
  observableGauge,
  observableUpDownCounter,
  startTimer,
  stateSet,
} from '../index.ts';

class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}

interface Measured {
  readonly name: string;
  readonly points: readonly DataPoint<unknown>[];
}

/** Registers an engine of its own for a test, and collects from it. */
function startTesting(): { metrics(): Promise<readonly Measured[]> } {
  const reader = new Reader();
  metrics.disable();
  metrics.setGlobalMeterProvider(new LeanMeterProvider({ readers: [reader] }));
  return {
    metrics: async () => {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap((scope) =>
        scope.metrics.map(({ descriptor, dataPoints }) => ({ name: descriptor.name, points: dataPoints })),
      );
    },
  };
}

test('a function observes a value or several series at each collection, until it is disposed', async () => {
  const telemetry = startTesting();
  let pools: readonly (readonly [number, { pool: string }])[] = [
    [1, { pool: 'a' }],
    [2, { pool: 'b' }],
  ];
  observableGauge<{ pool: string }>('pool.size', () => pools);
  const queue = observableUpDownCounter('queue.size', async () => 5);
  observableCounter('bytes.read', () => 7, { unit: 'By' });
  observableGauge('nothing', () => undefined);
  const values = async (): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      (await telemetry.metrics()).map(({ name, points }) => [name, points.map(({ value }) => value)]),
    );
  assert.deepEqual(await values(), { 'pool.size': [1, 2], 'queue.size': [5], 'bytes.read': [7] });
  pools = [[2, { pool: 'b' }]];
  queue[Symbol.dispose]();
  assert.deepEqual(await values(), { 'pool.size': [2], 'bytes.read': [7] });
});

test('a series that is removed is no longer exported, and starts at zero again', async () => {
  const telemetry = startTesting();
  const jobs = counter<{ queue: string }>('removed.jobs');
  const depth = gauge('removed.depth');
  jobs.add(5, { queue: 'a' });
  jobs.add(6, { queue: 'b' });
  depth.record(1, { queue: 'a' });
  jobs.remove({ queue: 'a' });
  jobs.remove({ queue: 'never' });
  depth.remove({ queue: 'a' });
  const points = async (): Promise<unknown> =>
    (await telemetry.metrics()).flatMap(({ points: all }) =>
      all.map(({ attributes, value }) => [attributes['queue'], value]),
    );
  assert.deepEqual(await points(), [['b', 6]]);
  jobs.add(1, { queue: 'a' });
  assert.deepEqual(await points(), [
    ['b', 6],
    ['a', 1],
  ]);
});

test('a timer records once, in seconds, at stop or at the end of the block', async () => {
  const telemetry = startTesting();
  const duration = histogram('timed.block', { unit: 's' });
  const timer = startTimer(duration, { step: 'load' });
  assert.equal(timer.stop({ rows: 3 }), timer.stop());
  {
    using _ = startTimer(duration);
  }
  const points = (await telemetry.metrics())[0]?.points;
  assert.deepEqual(
    points?.map(({ attributes }) => attributes),
    [{ step: 'load', rows: 3 }, {}],
  );
});

test('an info has the value 1, and exactly one state of a set is 1', async () => {
  const telemetry = startTesting();
  info('app.build.info', { revision: 'r1' });
  const health = stateSet('app.health', ['starting', 'healthy']);
  health.set('starting');
  health.set('healthy');
  const measured = (await telemetry.metrics()).map(({ name, points }) => [
    name,
    points.map(({ attributes, value }) => [Object.values(attributes)[0], value]),
  ]);
  assert.deepEqual(measured, [
    ['app.build.info', [['r1', 1]]],
    [
      'app.health',
      [
        ['starting', 0],
        ['healthy', 1],
      ],
    ],
  ]);
});
