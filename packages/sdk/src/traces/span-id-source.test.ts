import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSpanContextValid } from '@opentelemetry/api';
import { CustomIdSource, RandomIdSource } from './span-id-source.ts';
import type { LazySpanContext } from './lazy-span-context.ts';

test('ids are valid and unique across many pools', () => {
  const identities = new RandomIdSource();
  const seen = new Set<string>();
  let parent = identities.forRoot();
  for (let index = 0; index < 50_000; index++) {
    const identity = identities.forRoot();
    assert.ok(isSpanContextValid(identity.context), `${identity.traceId} ${identity.spanId}`);
    seen.add(identity.spanId).add(identity.traceId);
    if (index % 3 !== 0) continue;
    parent = identities.forChild(parent);
    seen.add(parent.spanId).add(parent.traceId);
  }
  assert.equal(seen.size, 100_000 + Math.ceil(50_000 / 3) + 1);
});

test('the values of every digit are uniformly distributed', () => {
  const identities = new RandomIdSource();
  const counts = Array.from({ length: 48 }, () => new Map<string, number>());
  const draws = 32_000;
  for (let index = 0; index < draws; index++) {
    const { traceId, spanId } = identities.forRoot();
    for (const [place, digit] of (traceId + spanId).split('').entries()) {
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

/** Formats the words as hexadecimal digits. */
const said = ({ traceWords, spanWord0, spanWord1 }: LazySpanContext): string => {
  const { word0 = 0, word1 = 0, word2 = 0, word3 = 0 } = traceWords ?? {};
  const bytes = Buffer.alloc(24);
  for (const [index, word] of [word0, word1, word2, word3, spanWord0, spanWord1].entries()) {
    bytes.writeInt32BE(word, index * 4);
  }
  return bytes.toString('hex');
};

test('words and hex ids are equal, whichever was read first', () => {
  const root = new RandomIdSource().forRoot();
  assert.equal(said(root), root.traceId + root.spanId);

  const texts = { traceId: `${'0'.repeat(8)}89ABCDEF${'f'.repeat(16)}`, spanId: '00000000fedcba98' };
  const generated = new CustomIdSource({
    generateTraceId: () => texts.traceId,
    generateSpanId: () => texts.spanId,
  });
  assert.equal(said(generated.forRoot()), (texts.traceId + texts.spanId).toLowerCase());
  const { traceId, spanId } = generated.forRoot().context;
  assert.deepEqual({ traceId, spanId }, texts, 'texts stay as they came');
  const child = new RandomIdSource().forChild({ ...texts, traceFlags: 1 });
  assert.equal(child.traceId, texts.traceId);
  assert.equal(said(child), (child.traceId + child.spanId).toLowerCase());
});

test('custom ids that are not hexadecimal are kept as text', () => {
  const odd = new CustomIdSource({ generateTraceId: () => 'trace', generateSpanId: () => 'span' });
  assert.equal(odd.forRoot().traceWords, undefined);
  const child = new RandomIdSource().forChild(odd.forRoot());
  assert.deepEqual([child.traceWords, child.traceId], [undefined, 'trace']);
  assert.match(child.spanId, /^[0-9a-f]{16}$/);
});
