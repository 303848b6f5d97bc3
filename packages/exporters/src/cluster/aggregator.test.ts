import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { AggregationTemporality, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { ValueType } from '@opentelemetry/api';

import { toBatches } from './batch.ts';
import { receive, send } from './frames.ts';
import { Aggregator } from './aggregator.ts';
import { ClusterDirectory } from './cluster-directory.ts';
import { NoticeBoard } from '@sonde/sdk';

function sum(name: string, value: number): ScopeMetrics {
  return {
    scope: { name: 'test' },
    metrics: [
      {
        descriptor: { name, description: '', unit: '', valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: [{ attributes: {}, startTime: [1, 0], endTime: [2, 0], value }],
      },
    ],
  };
}

test('an incomplete push of a killed worker is discarded', async () => {
  const place = new ClusterDirectory(process.pid, 'leader test');
  const ended = Promise.withResolvers<void>();
  const leader = new Aggregator({
    directory: place,
    url: () => Promise.resolve('http://localhost:9464/metrics'),
    gaugeAggregation: 'worker',
    deadlineMs: 1000,
    notices: new NoticeBoard(() => ended.resolve()),
  });
  leader.listen();
  const socket = connect(place.socketPath);
  socket.on('error', () => undefined);
  const welcome = Promise.withResolvers<void>();
  receive(socket, () => welcome.resolve());
  await once(socket, 'connect');
  await welcome.promise;
  const push = (value: number): void => {
    for (const batch of toBatches([sum('requests', value), sum('durations', value)])) {
      send(socket, { type: 'batch', batch });
    }
  };
  push(1);
  send(socket, { type: 'pushed' });
  for (const batch of toBatches([sum('requests', 2)])) send(socket, { type: 'batch', batch });
  socket.end();
  await ended.promise;
  const metrics = (await leader.collect([])).flatMap((scope) => scope.metrics);
  const getValue = (name: string): unknown =>
    metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0]?.value;
  assert.deepEqual([getValue('requests'), getValue('durations')], [1, 1]);
  leader.close();
});
