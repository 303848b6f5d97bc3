import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { Batcher } from './batcher.ts';

interface Item {
  readonly id: number;
  readonly resource: object;
}
const item = (id: number): Item => ({ id, resource: {} });

test('a batch is complete with its last item, and holds them in order', () => {
  const batcher = new Batcher<Item>(new DeliveryStats('item'), 130, undefined, undefined);
  for (let id = 0; id < 129; id++) assert.equal(batcher.add(item(id)), undefined);
  const batch = batcher.add(item(129));
  assert.ok(batch !== undefined && Array.isArray(batch.items));
  assert.deepEqual(
    batch.items.map(({ id }) => id),
    Array.from({ length: 130 }, (_, id) => id),
  );
  assert.deepEqual([batch.size, batch.first.id], [130, 0]);
  assert.equal(batcher.flush(), undefined);
});

test('a flush returns what there is, and the next item begins a new batch', () => {
  const batcher = new Batcher<Item>(new DeliveryStats('item'), 3, undefined, undefined);
  batcher.add(item(1));
  assert.equal(batcher.flush()?.size, 1);
  assert.equal(batcher.flush(), undefined);
  assert.equal(batcher.add(item(2)), undefined);
  assert.equal(batcher.flush()?.first.id, 2);
});

test('an encoder receives chunks of at most 64 items', () => {
  const chunks: number[] = [];
  const createEncoder = (): { length: number; add(items: readonly Item[]): void } => ({
    length: 0,
    add(items) {
      chunks.push(items.length);
    },
  });
  const batcher = new Batcher<Item>(new DeliveryStats('item'), 200, createEncoder, undefined);
  for (let id = 0; id < 150; id++) batcher.add(item(id));
  assert.equal(batcher.flush()?.size, 150);
  assert.deepEqual(chunks, [64, 64, 22]);
});

test('a batch of large items is complete early, and later chunks are smaller', () => {
  const chunks: number[] = [];
  const limit = 20;
  const createEncoder = (): {
    length: number;
    readonly isFull: boolean;
    add(items: readonly Item[]): void;
  } => ({
    length: 0,
    get isFull() {
      return this.length >= limit;
    },
    add(items) {
      this.length += items.length;
      chunks.push(items.length);
    },
  });
  const batcher = new Batcher<Item>(new DeliveryStats('item'), 512, createEncoder, undefined);
  const sizes: number[] = [];
  for (let id = 0; id < 160; id++) {
    const batch = batcher.add(item(id));
    if (batch !== undefined) sizes.push(batch.size);
  }
  assert.deepEqual(sizes, [64, 32, 32, 32]);
  assert.deepEqual(chunks, [64, 32, 16, 16, 16, 16]);
});

test('an item whose redaction adds items does not break its batch', () => {
  const stats = new DeliveryStats('item');
  const batcher: Batcher<Item> = new Batcher<Item>(stats, 2, undefined, (given) => {
    // A getter of an attribute may do the same.
    if (given.id < 10) batcher.add(item(given.id + 10));
    return given;
  });
  batcher.add(item(1));
  const batch = batcher.add(item(2));
  assert.equal(batch?.size, 2);
  assert.equal(batcher.flush()?.size, 2, 'the items that were added meanwhile');
  assert.equal(stats.refused, 0);
});
