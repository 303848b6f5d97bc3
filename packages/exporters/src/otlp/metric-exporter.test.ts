import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { LeanMeterProvider } from '@sonde/sdk';
import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';
import { otlpJson } from './encode/json.ts';
import type { OtlpExportResult } from './exporter.ts';
import { OtlpMetricExporter } from './metric-exporter.ts';
import { DeliveryQueue } from './queue/delivery-queue.ts';
import type { TemporalityPreference } from './temporality.ts';

/** A reader that collects when the test says so. */
class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}

interface NumberData {
  readonly dataPoints: readonly { readonly asDouble?: number; readonly asInt?: string }[];
}

interface Metric {
  readonly name: string;
  readonly sum?: NumberData;
  readonly gauge?: NumberData;
}

/** The value of each data point that a request holds, by its metric. */
function valuesIn(body: Uint8Array): [name: string, value: number][] {
  const { resourceMetrics } = JSON.parse(Buffer.from(otlpJson('metrics', body)).toString()) as {
    readonly resourceMetrics: readonly { readonly scopeMetrics: readonly { readonly metrics: Metric[] }[] }[];
  };
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
  return metrics.map(({ name, sum, gauge }) => {
    const point = (sum ?? gauge)?.dataPoints[0];
    return [name, Number(point?.asDouble ?? point?.asInt)];
  });
}

interface Outcome {
  readonly results: readonly OtlpExportResult[];
  /** The bodies that the receiver accepted. */
  readonly values: readonly (readonly [string, number])[];
}

/** Exports three times while the receiver is down, and once more when it is up again. */
async function outage(temporality: TemporalityPreference): Promise<Outcome> {
  let isDown = true;
  const values: [string, number][] = [];
  await using receiver = await OtlpReceiver.start((response, _count, { body }) => {
    if (!isDown) values.push(...valuesIn(body));
    response.writeHead(isDown ? 503 : 200).end();
  });
  const exporter = new OtlpMetricExporter({
    url: receiver.url,
    temporality,
    queue: new DeliveryQueue({ maxConcurrency: 1 }),
  });
  const reader = new Reader({
    aggregationTemporalitySelector: (type) => exporter.selectAggregationTemporality(type),
  });
  const meter = new LeanMeterProvider({ readers: [reader] }).getMeter('test');
  const counter = meter.createCounter('count');
  const level = meter.createUpDownCounter('level');
  const gauge = meter.createGauge('gauge');
  const results: OtlpExportResult[] = [];
  const exportNow = async (metrics: ResourceMetrics): Promise<void> =>
    exporter.export(metrics, (result) => void results.push(result));
  for (let round = 1; round <= 4; round++) {
    counter.add(round);
    level.add(10);
    gauge.record(round);
    isDown = round < 4;
    await exportNow((await reader.collect()).resourceMetrics);
    if (round === 1) await receiver.next();
  }
  await exporter.forceFlush();
  await exporter.shutdown();
  return { results, values };
}

test('cumulative metrics of an outage are superseded, and not counted as lost', async () => {
  const { results, values } = await outage('cumulative');
  assert.deepEqual(values, [
    ['count', 10],
    ['level', 40],
    ['gauge', 4],
  ]);
  const superseded = results.map((result) => [result.code, result.rejected, result.superseded ?? 0]);
  superseded.sort(([, , first = 0], [, , second = 0]) => first - second);
  assert.deepEqual(superseded, [
    [0, 0, 0],
    [0, 0, 3],
    [0, 0, 3],
    [0, 0, 3],
  ]);
});

test('delta points of an outage are delivered, and the others superseded', async () => {
  const { results, values } = await outage('delta');
  const counts = values.filter(([name]) => name === 'count').map(([, value]) => value);
  assert.deepEqual(
    counts.toSorted((first, second) => first - second),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    values.filter(([name]) => name !== 'count'),
    [
      ['level', 40],
      ['gauge', 4],
    ],
  );
  assert.deepEqual(
    results.map(({ code, rejected }) => [code, rejected]),
    Array.from({ length: 4 }, () => [0, 0]),
  );
});
