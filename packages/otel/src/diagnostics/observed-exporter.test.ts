import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { DeliveryStats } from './delivery-stats.ts';
import { observeExporter } from './observed-exporter.ts';

type Result = ExportResult & { rejected?: number };

/** Counts of an observed exporter with this `export` for a batch of three items. */
async function outcome(
  exportBatch: (batch: readonly string[], done: (result: Result) => void) => void,
): Promise<{ counts: number[]; results: ExportResultCode[] }> {
  const stats = new DeliveryStats('item');
  const results: ExportResultCode[] = [];
  const exporter = observeExporter(
    { export: exportBatch, shutdown: () => Promise.resolve() },
    { stats, destination: 'the test', countItems: (batch) => batch.length },
  );
  exporter.export(['a', 'b', 'c'], ({ code }) => results.push(code));
  await setImmediate();
  return { counts: [stats.delivered, stats.refused, stats.pending], results };
}

const { SUCCESS, FAILED } = ExportResultCode;

test('counts the items of a success, and those that the receiver rejected', async () => {
  assert.deepEqual(await outcome((_batch, done) => done({ code: SUCCESS })), {
    counts: [3, 0, 0],
    results: [SUCCESS],
  });
  assert.deepEqual((await outcome((_batch, done) => done({ code: SUCCESS, rejected: 2 }))).counts, [1, 2, 0]);
});

test('counts a failure once, whether it is a result, an exception or a rejected promise', async () => {
  const error = new Error('disk full');
  const failures: Parameters<typeof outcome>[0][] = [
    (_batch, done) => done({ code: FAILED, error }),
    () => {
      throw error;
    },
    // Not allowed by the type, and written all the same.
    () => Promise.reject(error) as unknown as void,
    (_batch, done) => {
      done({ code: FAILED, error });
      throw error;
    },
  ];
  for (const failure of failures) {
    assert.deepEqual(await outcome(failure), { counts: [0, 3, 0], results: [FAILED] });
  }
});

test('an export without an answer is pending', async () => {
  assert.deepEqual(await outcome(() => {}), { counts: [0, 0, 3], results: [] });
});

test('has the optional methods of the exporter, and no others', async () => {
  const calls: string[] = [];
  const exporter = {
    name: 'exporter',
    export() {},
    async shutdown(): Promise<void> {
      calls.push(`shutdown of ${this.name}`);
    },
    abort(): void {
      calls.push(`abort of ${this.name}`);
    },
  };
  const observed = observeExporter(exporter, {
    stats: new DeliveryStats('item'),
    destination: 'the test',
    countItems: () => 0,
  });
  observed.abort();
  await observed.shutdown();
  assert.deepEqual(calls, ['abort of exporter', 'shutdown of exporter']);
  assert.equal('request' in observed || 'createBatch' in observed, false);
});
