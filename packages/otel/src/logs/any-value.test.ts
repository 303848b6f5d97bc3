import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAnyValue } from './any-value.ts';

test('what OTLP knows stays as it is', () => {
  const value = { a: 'text', b: 1.5, c: [true, null, undefined], d: { e: new Uint8Array([1]) } };
  assert.deepEqual(toAnyValue(value), value);
});

test('what it does not know becomes a word that says so', () => {
  const circular: Record<string, unknown> = { name: 'x' };
  circular['self'] = circular;
  circular['list'] = [circular];
  assert.deepEqual(toAnyValue(circular), { name: 'x', self: '[circular]', list: ['[circular]'] });
  const shared = { s: 1 };
  assert.deepEqual(toAnyValue([shared, shared]), [{ s: 1 }, { s: 1 }], 'twice is not a circle');
  assert.deepEqual(
    toAnyValue({
      big: 12n,
      date: new Date(0),
      broken: new Date(Number.NaN),
      error: new RangeError('r'),
      get bad(): number {
        throw new TypeError('no');
      },
    }),
    {
      big: '12',
      date: '1970-01-01T00:00:00.000Z',
      broken: 'Invalid Date',
      error: 'RangeError: r',
      bad: '[threw TypeError]',
    },
  );
});

test('size and depth are limited', () => {
  const long = toAnyValue('x'.repeat(100_000));
  assert.ok(typeof long === 'string' && long.length < 66_000 && long.endsWith('(34464 more characters)'));
  let deep: unknown = 'bottom';
  for (let level = 0; level < 50; level++) deep = [deep];
  assert.match(JSON.stringify(toAnyValue(deep)), /^\[{8}"\[too deep\]"\]{8}$/);
  assert.equal((toAnyValue(Array.from({ length: 1000 }, () => 0)) as unknown[]).length, 256);
});

test('a proxy that throws at everything is survived', () => {
  const trap = (): never => {
    throw new Error('trap');
  };
  assert.equal(
    toAnyValue(new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap })),
    '[threw Error]',
  );
});

test('what says how it looks in JSON is told that way', () => {
  const endless = { toJSON: (): unknown => endless };
  assert.deepEqual(
    toAnyValue({
      url: new URL('http://a.example/b'),
      id: { toJSON: () => ({ hex: 'ab' }) },
      bad: {
        toJSON: () => {
          throw new TypeError('no');
        },
      },
      endless,
    }),
    { url: 'http://a.example/b', id: { hex: 'ab' }, bad: '[threw TypeError]', endless: '[circular]' },
  );
});
