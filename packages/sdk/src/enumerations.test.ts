import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as metrics from '@opentelemetry/sdk-metrics';
import * as traces from '@opentelemetry/sdk-trace';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
  SamplingDecision,
} from './enumerations.ts';

test('contract: the enumerations equal those of upstream', () => {
  for (const [ours, upstream] of [
    [AggregationTemporality, metrics.AggregationTemporality],
    [AggregationType, metrics.AggregationType],
    [DataPointType, metrics.DataPointType],
    [InstrumentType, metrics.InstrumentType],
    [SamplingDecision, traces.SamplingDecision],
  ]) {
    const members = Object.entries(upstream ?? {}).filter(([name]) => Number.isNaN(Number(name)));
    assert.deepEqual(ours, Object.fromEntries(members));
  }
});
