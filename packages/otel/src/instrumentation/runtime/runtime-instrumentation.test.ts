import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type DataPoint, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { collectAs, LeanMeterProvider } from '@sonde/sdk';

import { state } from '../../state.ts';
import { RuntimeInstrumentation } from './runtime-instrumentation.ts';

class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}

  /** The data points of all metrics, by name. */
  async metrics(isProvisional = false): Promise<Map<string, readonly DataPoint<unknown>[]>> {
    const { resourceMetrics, errors } = await collectAs({ reader: this, isProvisional }, () =>
      this.collect(),
    );
    assert.deepEqual(errors, []);
    return new Map(
      resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
        metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
      ),
    );
  }

  async value(name: string, isProvisional = false): Promise<number> {
    return Number((await this.metrics(isProvisional)).get(name)?.[0]?.value);
  }
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

function measured(
  Provider: typeof LeanMeterProvider | typeof MeterProvider,
  settings = { runtime: true, process: true },
): [Reader, Reader] {
  const readers: [Reader, Reader] = [new Reader(), new Reader()];
  state.metricReaders = readers;
  const instrumentation = new RuntimeInstrumentation(settings);
  instrumentation.setMeterProvider(new Provider({ readers }));
  ends.push(() => instrumentation.disable());
  return readers;
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

for (const Provider of [LeanMeterProvider, MeterProvider]) {
  test(`each reader has its own window of the event loop (${Provider.name})`, async () => {
    const [scraped, pushed] = measured(Provider);
    await later(50);
    block(200);
    await later(30);
    const name = 'nodejs.eventloop.delay.max';
    assert.ok((await scraped.value(name)) >= 0.2);
    await later(50);
    assert.ok((await scraped.value(name)) < 0.2, 'the next window of the reader is its own');
    assert.ok((await pushed.value(name, true)) >= 0.2, 'a provisional collection ends no window');
    assert.ok((await pushed.value(name)) >= 0.2);
    const utilization = await pushed.metrics().then((metrics) => metrics.get('nodejs.eventloop.utilization'));
    assert.equal(typeof utilization?.[0]?.value, 'number');
  });
}

test('a block right after a collection is measured', async () => {
  const [reader] = measured(LeanMeterProvider);
  await later(50);
  await reader.metrics();
  block(200);
  await later(30);
  assert.ok((await reader.value('nodejs.eventloop.delay.max')) >= 0.2);
});

test('the metrics of the process are those of the operating system', async () => {
  const [reader] = measured(LeanMeterProvider);
  block(50);
  const metrics = await reader.metrics();
  const value = (name: string): number => Number(metrics.get(name)?.[0]?.value);
  const { userCPUTime } = process.resourceUsage();
  assert.ok(Math.abs(value('process.cpu.time') - userCPUTime / 1e6) < 1);
  assert.deepEqual(
    metrics.get('process.cpu.utilization')?.map(({ attributes }) => attributes['cpu.mode']),
    ['user', 'system'],
  );
  assert.ok(value('process.cpu.utilization') > 0 && value('process.cpu.utilization') <= 1);
  assert.ok(Math.abs(value('process.memory.usage') - process.memoryUsage.rss()) < 50e6);
  assert.ok(value('process.uptime') > 0 && value('process.uptime') <= process.uptime());
  assert.ok(value('process.paging.faults') > 0);
  assert.ok(value('v8js.memory.heap.limit') > 1e8);
  if (process.platform !== 'linux') return;
  assert.ok(value('process.memory.virtual') > value('process.memory.usage'));
  assert.ok(value('process.thread.count') > 1);
  const open = readdirSync('/proc/self/fd').length - 1;
  assert.ok(Math.abs(value('process.unix.file_descriptor.count') - open) < 4);
  assert.ok(value('sonde.process.unix.file_descriptor.limit') >= open);
});

test('runtime and process metrics can be left out', async () => {
  const [reader] = measured(LeanMeterProvider, { runtime: true, process: false });
  const names = [...(await reader.metrics()).keys()];
  assert.ok(names.includes('nodejs.eventloop.time'));
  assert.deepEqual(
    names.filter((name) => name.startsWith('process.')),
    [],
  );
});
