import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import { PooledIds } from './pooled-ids.ts';

test('ids are valid and differ, across many pools and in any order', () => {
  const ids = new PooledIds();
  const seen = new Set<string>();
  for (let index = 0; index < 50_000; index++) {
    const spanId = ids.generateSpanId();
    const traceId = ids.generateTraceId();
    assert.ok(isValidSpanId(spanId) && isValidTraceId(traceId), `${traceId} ${spanId}`);
    seen.add(spanId).add(traceId);
    if (index % 3 === 0) seen.add(ids.generateSpanId());
  }
  assert.equal(seen.size, 100_000 + Math.ceil(50_000 / 3));
});

test('every digit takes every value about as often', () => {
  const ids = new PooledIds();
  const counts = Array.from({ length: 32 }, () => new Map<string, number>());
  const draws = 32_000;
  for (let index = 0; index < draws; index++) {
    for (const [place, digit] of ids.generateTraceId().split('').entries()) {
      const count = counts[place];
      count?.set(digit, (count.get(digit) ?? 0) + 1);
    }
  }
  for (const [place, count] of counts.entries()) {
    assert.equal(count.size, 16, `place ${place}`);
    // Ten standard deviations around the expected 2000.
    for (const times of count.values()) assert.ok(Math.abs(times - draws / 16) < 440, `place ${place}`);
  }
});
