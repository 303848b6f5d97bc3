import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { observeExporter } from '../diagnostics/observed-exporter.ts';
import type { BatchConfig } from '../config/config.ts';
import { BatchQueue } from './batch-queue.ts';

interface Item {
  readonly id: number;
  readonly resource: object;
}
const item = (id: number): Item => ({ id, resource: {} });
const ids = (items: readonly Item[]): number[] => items.map(({ id }) => id);

const settings: BatchConfig = {
  maxQueueSize: 10,
  maxExportBatchSize: 3,
  // The delay is too long for a timer to fire during a test.
  scheduledDelayMs: 2 ** 31 - 1,
  exportTimeoutMs: 2 ** 31 - 1,
};

/** An exporter whose exports end under the control of the test. */
class ManualExporter {
  readonly isQueued: boolean;
  readonly batches: number[][] = [];
  readonly answers: ((result: ExportResult) => void)[] = [];
  aborts = 0;
  shutdowns = 0;

  constructor(isQueued: boolean) {
    this.isQueued = isQueued;
  }

  export(items: readonly Item[], done: (result: ExportResult) => void): void {
    this.batches.push(ids(items));
    this.answers.push(done);
  }

  async answer(code: ExportResultCode = ExportResultCode.SUCCESS): Promise<void> {
    this.answers.shift()?.({ code });
    await setImmediate();
  }

  abort(): void {
    this.aborts++;
    this.answers.shift()?.({ code: ExportResultCode.FAILED });
  }

  async shutdown(): Promise<void> {
    this.shutdowns++;
  }
}

function createQueue(
  options: Partial<BatchConfig> = {},
  redact?: (given: Item) => Item,
  isQueued = false,
): { queue: BatchQueue<Item>; exporter: ManualExporter; stats: DeliveryStats } {
  const stats = new DeliveryStats('item');
  const exporter = new ManualExporter(isQueued);
  const observed = observeExporter(exporter, {
    stats,
    destination: 'the test',
    countItems: (items: readonly Item[]) => items.length,
  });
  const queue = new BatchQueue<Item>(stats, observed as never, { ...settings, ...options }, redact);
  return { queue, exporter, stats };
}

test('exports a batch when it is full, one export at a time and in order', async () => {
  const { queue, exporter, stats } = createQueue();
  for (let id = 1; id <= 7; id++) queue.push(item(id));
  assert.deepEqual(exporter.batches, [[1, 2, 3]]);
  assert.equal(queue.size, 4);
  await exporter.answer();
  assert.deepEqual(exporter.batches, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  await exporter.answer();
  assert.equal(exporter.batches.length, 2, 'the seventh item waits for more');
  assert.deepEqual([stats.delivered, stats.pending, queue.size], [6, 0, 1]);
});

test('a flush exports what was pushed before it, and nothing else', async () => {
  const { queue, exporter } = createQueue();
  queue.push(item(1));
  let isFlushed = false;
  const flushed = queue.forceFlush().then(() => (isFlushed = true));
  queue.push(item(2));
  await setImmediate();
  assert.deepEqual(exporter.batches, [[1]]);
  assert.equal(isFlushed, false);
  await exporter.answer();
  await flushed;
  assert.deepEqual(exporter.batches, [[1]]);
  assert.equal(queue.size, 1);
});

test('exports after the scheduled delay', async () => {
  const { queue, exporter } = createQueue({ scheduledDelayMs: 1 });
  // The timer of the queue does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  queue.push(item(1));
  while (exporter.batches.length === 0) await setImmediate();
  clearInterval(alive);
  assert.deepEqual(exporter.batches, [[1]]);
});

test('drops and counts items that find the queue full', () => {
  const { queue, stats } = createQueue({ maxQueueSize: 4 });
  for (let id = 1; id <= 9; id++) queue.push(item(id));
  assert.deepEqual([queue.size, stats.pending, stats.dropped], [4, 3, 2]);
});

test('shutdown exports everything, shuts the exporter down, and drops later items', async () => {
  const { queue, exporter, stats } = createQueue();
  for (let id = 1; id <= 4; id++) queue.push(item(id));
  assert.equal(stats.queues.has(queue), true);
  const ended = queue.shutdown();
  queue.push(item(5));
  await exporter.answer();
  await exporter.answer();
  // The item that was pushed during the shutdown.
  await exporter.answer();
  await ended;
  queue.push(item(6));
  assert.deepEqual(exporter.batches.flat(), [1, 2, 3, 4, 5]);
  assert.deepEqual([exporter.shutdowns, stats.delivered, stats.dropped], [1, 5, 1]);
  assert.equal(stats.queues.has(queue), false);
});

test('an abort ends the export under way and keeps the rest for a later flush', async () => {
  const { queue, exporter, stats } = createQueue();
  for (let id = 1; id <= 6; id++) queue.push(item(id));
  const flushed = queue.forceFlush();
  assert.equal(queue.abort(), true);
  await flushed;
  assert.deepEqual([exporter.batches, exporter.aborts, stats.refused], [[[1, 2, 3]], 1, 3]);
  assert.equal(queue.size, 3);
  const again = queue.forceFlush();
  await exporter.answer();
  await again;
  assert.deepEqual(exporter.batches.at(-1), [4, 5, 6]);
});

test('an abort during a shutdown leaves the rest to drain()', async () => {
  const { queue, exporter, stats } = createQueue();
  for (let id = 1; id <= 5; id++) queue.push(item(id));
  const ended = queue.shutdown();
  queue.abort();
  // The shutdown flushes again; the aborted flush does not end that flush.
  await setImmediate();
  queue.abort();
  await ended;
  assert.equal(exporter.shutdowns, 1);
  queue.drain();
  assert.equal(stats.refused + stats.pending, 5);
});

test('drain() exports the batch under way and everything that waits, and closes the queue', async () => {
  const { queue, exporter, stats } = createQueue();
  for (let id = 1; id <= 7; id++) queue.push(item(id));
  queue.drain();
  assert.deepEqual(exporter.batches, [[1, 2, 3], [1, 2, 3], [4, 5, 6], [7]]);
  assert.equal(queue.size, 0);
  queue.push(item(8));
  assert.equal(stats.dropped, 1);
  await queue.forceFlush();
  assert.equal(queue.abort(), true);
});

test('an exporter with a queue of its own receives each batch when it is full', async () => {
  const { queue, exporter, stats } = createQueue({}, undefined, true);
  for (let id = 1; id <= 7; id++) queue.push(item(id));
  await setImmediate();
  assert.deepEqual(exporter.batches, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual([queue.size, stats.pending], [1, 6], 'only the seventh item still waits in this queue');
  queue.drain();
  assert.deepEqual(exporter.batches.at(-1), [7]);
});

test('an item that cannot be redacted is not exported, and counted', async () => {
  const { queue, exporter, stats } = createQueue({}, (given) => {
    if (given.id === 2) throw new Error('unreadable');
    return { ...given, id: given.id * 10 };
  });
  for (let id = 1; id <= 3; id++) queue.push(item(id));
  await exporter.answer();
  assert.deepEqual(exporter.batches, [[10, 30]]);
  assert.deepEqual([stats.delivered, stats.refused], [2, 1]);
});

test('an export without an answer ends at its timeout', async () => {
  const { queue, exporter } = createQueue({ exportTimeoutMs: 1 });
  const alive = setInterval(() => {}, 1000);
  for (let id = 1; id <= 6; id++) queue.push(item(id));
  while (exporter.batches.length < 2) await setImmediate();
  clearInterval(alive);
  assert.deepEqual(exporter.batches, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
});
