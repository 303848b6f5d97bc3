import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { createPendingExport } from './exit-handle.ts';
import { handleExit, sendPending } from './exit-flush.ts';

test('a deadline of 0 sends nothing and counts every item as failed', () => {
  const stats = new DeliveryStats('item');
  let isEncoded = false;
  const request = (): undefined => void (isEncoded = true);
  sendPending([{ stats, count: 3, request }], 0);
  assert.deepEqual([stats.delivered, stats.refused, isEncoded], [0, 3, false]);
});

test('a batch that cannot be encoded is counted as failed', () => {
  const stats = new DeliveryStats('item');
  sendPending([{ stats, count: 2, request: () => undefined }], 1000);
  assert.deepEqual([stats.delivered, stats.refused], [0, 2]);
});

test('an exporter without requests receives the batch at once', () => {
  const stats = new DeliveryStats('item');
  const batches: string[][] = [];
  const exporter = { export: (batch: string[]) => void batches.push(batch) };
  assert.deepEqual(createPendingExport(stats, exporter, ['a'], 1), []);
  assert.deepEqual(createPendingExport(stats, exporter, [], 0), []);
  assert.deepEqual(batches, [['a']]);
});

test('handleExit removes its listener', () => {
  const before = process.listeners('exit');
  const stop = handleExit(
    () => [],
    () => 0,
  );
  assert.equal(process.listeners('exit').length, before.length + 1);
  stop();
  assert.deepEqual(process.listeners('exit'), before);
});
