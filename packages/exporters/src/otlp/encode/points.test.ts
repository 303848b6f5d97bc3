import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ValueType } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

import { otlpJson } from './json.ts';
import { encodeMetrics } from './metrics.ts';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

interface DecodedMetrics {
  resourceMetrics: { scopeMetrics: { metrics: { gauge: { dataPoints: Record<string, unknown>[] } }[] }[] }[];
}

const values = [
  [2 ** 62, 'asInt', String(2n ** 62n)],
  [-(2 ** 63), 'asInt', String(-(2n ** 63n))],
  [2 ** 63, 'asDouble', 2 ** 63],
  [2 ** 64, 'asDouble', 2 ** 64],
  [-(2 ** 64), 'asDouble', -(2 ** 64)],
] as const;

for (const [value, member, expected] of values) {
  test(`an integer gauge of ${value} is exported as ${member}`, async () => {
    const reader = new ManualReader();
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
    meter.createGauge('size', { valueType: ValueType.INT }).record(value);
    const { resourceMetrics } = await reader.collect();
    const { body } = encodeMetrics(resourceMetrics);
    const decoded = JSON.parse(Buffer.from(otlpJson('metrics', body)).toString()) as DecodedMetrics;
    const point = decoded.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0]?.gauge.dataPoints[0];
    assert.equal(point?.[member], expected);
  });
}
