import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sdk from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, AggregationType, DataPointType, InstrumentType } from './enumerations.ts';

test('contract: the enumerations are those of upstream', () => {
  for (const [own, upstream] of [
    [AggregationTemporality, sdk.AggregationTemporality],
    [AggregationType, sdk.AggregationType],
    [DataPointType, sdk.DataPointType],
    [InstrumentType, sdk.InstrumentType],
  ]) {
    const members = Object.entries(upstream ?? {}).filter(([name]) => Number.isNaN(Number(name)));
    assert.deepEqual(own, Object.fromEntries(members));
  }
});
