import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  AggregationTemporality,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { LeanMeterProvider } from '@sonde/sdk';
import { state } from '../state.ts';
import { PeriodicExportingMetricReader } from './periodic-exporting-metric-reader.ts';

const never = 2 ** 31 - 1;

/** An exporter whose exports end under the control of the test. */
class ManualExporter implements PushMetricExporter {
  readonly values: unknown[] = [];
  readonly answers: ((result: ExportResult) => void)[] = [];
  readonly calls: string[] = [];

  export({ scopeMetrics }: ResourceMetrics, done: (result: ExportResult) => void): void {
    const metric = scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .find(({ descriptor }) => descriptor.name === 'work');
    this.values.push(metric?.dataPoints[0]?.value);
    this.answers.push(done);
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.DELTA;
  }

  abort(): void {
    this.calls.push('abort');
    this.answers.shift()?.({ code: ExportResultCode.FAILED });
  }

  async forceFlush(): Promise<void> {
    this.calls.push('forceFlush');
  }

  async shutdown(): Promise<void> {
    this.calls.push('shutdown');
  }
}

function create(interval: { intervalMs?: number; timeoutMs?: number } = {}): {
  exporter: ManualExporter;
  reader: PeriodicExportingMetricReader;
  add: (value: number) => void;
} {
  const exporter = new ManualExporter();
  const reader = new PeriodicExportingMetricReader(exporter, {
    intervalMs: never,
    timeoutMs: never,
    ...interval,
  });
  const counter = new LeanMeterProvider({ readers: [reader] }).getMeter('test').createCounter('work');
  return { exporter, reader, add: (value) => counter.add(value) };
}

async function answer(exporter: ManualExporter): Promise<void> {
  while (exporter.answers.length === 0) await setImmediate();
  exporter.answers.shift()?.({ code: ExportResultCode.SUCCESS });
}

test('exports at the interval, in the temporality of the exporter', async () => {
  const { exporter, reader, add } = create({ intervalMs: 1 });
  // The timer of the reader does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  add(1);
  await answer(exporter);
  add(2);
  await answer(exporter);
  clearInterval(alive);
  assert.deepEqual(exporter.values.slice(0, 2), [1, 2]);
  await reader.shutdown();
});

test('a flush waits for the export under way, and exports once more', async () => {
  const { exporter, reader, add } = create();
  add(1);
  const first = reader.forceFlush();
  while (exporter.answers.length === 0) await setImmediate();
  add(2);
  const second = reader.forceFlush();
  await setImmediate();
  assert.deepEqual(exporter.values, [1], 'one export at a time');
  await answer(exporter);
  await answer(exporter);
  await Promise.all([first, second]);
  assert.deepEqual(exporter.values, [1, 2]);
});

test('shutdown exports what is left and shuts the exporter down', async () => {
  const { exporter, reader, add } = create();
  add(5);
  const ended = reader.shutdown();
  await answer(exporter);
  await ended;
  assert.deepEqual(exporter.values, [5]);
  assert.deepEqual(exporter.calls, ['forceFlush', 'shutdown']);
});

test('an abort ends the export under way, and there is nothing to abort without one', async () => {
  const { exporter, reader, add } = create();
  assert.equal(reader.abort(), true);
  assert.deepEqual(exporter.calls, []);
  add(1);
  const flushed = reader.forceFlush();
  while (exporter.answers.length === 0) await setImmediate();
  assert.equal(reader.abort(), true);
  await flushed;
  assert.deepEqual(exporter.calls, ['abort', 'forceFlush']);
});

test('an export without an answer ends at its timeout', async () => {
  const { exporter, reader, add } = create({ timeoutMs: 1 });
  const alive = setInterval(() => {}, 1000);
  add(1);
  await reader.forceFlush();
  clearInterval(alive);
  assert.deepEqual(exporter.values, [1]);
});

test('a callback that throws is reported, and the other metrics are exported', async () => {
  const exporter = new ManualExporter();
  const reader = new PeriodicExportingMetricReader(exporter, { intervalMs: never, timeoutMs: 1000 });
  const provider = new LeanMeterProvider({ readers: [reader] });
  const meter = provider.getMeter('m');
  meter.createCounter('work').add(1);
  meter.createObservableGauge('broken').addCallback(() => {
    throw new Error('no connection');
  });
  const flushed = provider.forceFlush();
  while (exporter.answers.length === 0) await setImmediate();
  exporter.answers.shift()?.({ code: ExportResultCode.SUCCESS });
  await flushed;
  assert.deepEqual(exporter.values, [1]);
  assert.ok([...state.notices].some((key) => key.startsWith('SONDE_METRIC_CALLBACK_FAILED')));
});
