import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAnyValue, ValueConverter } from './value-converter.ts';

/** Counts what a value consists of. */
function measureSize(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each) => sum + measureSize(each), 1);
}

test('values that OTLP supports are unchanged', () => {
  const value = { a: 'text', b: 1.5, c: [true, null, undefined], d: { e: new Uint8Array([1]) } };
  assert.deepEqual(toAnyValue(value), value);
});

test('scalar JavaScript values become text, numbers or bytes', () => {
  class Point {
    readonly x = 1;
    readonly #hidden = 2;
    get sum(): number {
      return this.x + this.#hidden;
    }
  }
  assert.deepEqual(
    toAnyValue({
      safe: 12n,
      int64: 2n ** 63n - 1n,
      beyond: 2n ** 63n,
      huge: 2n ** 5000n,
      date: new Date(0),
      noDate: new Date(Number.NaN),
      pattern: /a+/gu,
      symbol: Symbol('s'),
      named: measureSize,
      unnamed: (
        () => () =>
          1
      )(),
      point: new Point(),
      url: new URL('http://a.example/b'),
      query: new URLSearchParams('a=1&b=2'),
      headers: new Headers({ accept: 'x' }),
      boxed: [Object('text'), Object(1), Object(true), Object(3n), Object(Symbol('b'))],
      promise: Promise.resolve(),
      weak: [new WeakMap(), new WeakSet()],
      bytes: Buffer.from('ab'),
      buffer: new Uint8Array([1, 2]).buffer,
      view: new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
      floats: new Float64Array([1.5]),
      longs: new BigInt64Array([5n]),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
    }),
    {
      safe: 12,
      int64: 2n ** 63n - 1n,
      beyond: '9223372036854775808',
      huge: '[Truncated: an integer of more than 4096 bits]',
      date: '1970-01-01T00:00:00.000Z',
      noDate: 'Invalid Date',
      pattern: '/a+/gu',
      symbol: 'Symbol(s)',
      named: '[Function: measureSize]',
      unnamed: '[Function (anonymous)]',
      point: { x: 1 },
      url: 'http://a.example/b',
      query: { a: '1', b: '2' },
      headers: { accept: 'x' },
      boxed: ['text', '1', 'true', '3', 'Symbol(b)'],
      promise: '[Promise]',
      weak: ['[WeakMap]', '[WeakSet]'],
      bytes: new Uint8Array([97, 98]),
      buffer: new Uint8Array([1, 2]),
      view: new Uint8Array([2, 3]),
      floats: [1.5],
      longs: [5],
      bare: { a: 1 },
    },
  );
});

test('an error has its name, message, stack, cause and own members', () => {
  const cause = Object.assign(new RangeError('port'), { stack: 'at b' });
  const error = Object.assign(new TypeError('no route', { cause }), { stack: 'at a', code: 'EX' });
  assert.deepEqual(toAnyValue(error), {
    name: 'TypeError',
    message: 'no route',
    stack: 'at a',
    cause: { name: 'RangeError', message: 'port', stack: 'at b' },
    code: 'EX',
  });
  const several = toAnyValue(new AggregateError([new Error('one')], 'all')) as Record<string, unknown>;
  assert.equal((several['errors'] as { message: string }[])[0]?.message, 'one');
});

test('maps and sets become objects and lists', () => {
  const key = { id: 1 };
  assert.deepEqual(
    toAnyValue([
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
      ]),
      new Map([[key, 'by object']]),
      new Map<unknown, unknown>([
        [1, 'number'],
        ['1', 'text'],
      ]),
      new Set([1, { a: 2 }]),
      new Map([['__proto__', 1]]),
    ]),
    [
      { a: 1, 2: 'b' },
      [[{ id: 1 }, 'by object']],
      [
        [1, 'number'],
        ['1', 'text'],
      ],
      [1, { a: 2 }],
      JSON.parse('{ "__proto__": 1 }'),
    ],
  );
});

test('a circular reference is marked, and a shared one is not', () => {
  const circle: Record<string, unknown> = { name: 'x' };
  circle['self'] = circle;
  circle['list'] = [circle];
  assert.deepEqual(toAnyValue(circle), { name: 'x', self: '[Circular]', list: ['[Circular]'] });
  const shared = { s: 1 };
  assert.deepEqual(toAnyValue({ buyer: shared, payer: shared }), { buyer: { s: 1 }, payer: { s: 1 } });
});

test('a member that throws is replaced by a marker, and the others are kept', () => {
  const trap = (): never => {
    throw new Error('trap');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const converted = toAnyValue({
    get getter(): never {
      throw new TypeError('no');
    },
    proxy: new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap }),
    revoked: revoked.proxy,
    deep: {
      list: [
        1,
        {
          get bad(): number {
            throw Object.create(null);
          },
        },
      ],
    },
    json: { toJSON: trap },
    after: 1,
  });
  assert.deepEqual(converted, {
    getter: '[Throws: no]',
    proxy: '[Throws: trap]',
    revoked: "[Throws: Cannot perform 'IsArray' on a proxy that has been revoked]",
    deep: { list: [1, { bad: '[Throws]' }] },
    json: '[Throws: trap]',
    after: 1,
  });
  assert.equal(toAnyValue(revoked.proxy), converted && (converted as Record<string, unknown>)['revoked']);
});

test('excess depth, entries and text are replaced by a marker', () => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 100_000; level++) deep = [deep];
  assert.equal(JSON.stringify(toAnyValue(deep)), '[[[[[[[["[Array]"]]]]]]]]');
  const list = toAnyValue(Array.from({ length: 1000 }, () => 0)) as unknown[];
  assert.deepEqual([list.length, list.at(-1)], [257, '[Truncated: 744 more items]']);
  const members = toAnyValue(
    Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1])),
  );
  assert.equal((members as Record<string, unknown>)['...'], '[Truncated: 744 more members]');
  const map = toAnyValue(new Map(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1])));
  assert.equal((map as Record<string, unknown>)['...'], '[Truncated: 744 more members]');
  const text = toAnyValue('x'.repeat(100_000));
  assert.ok(typeof text === 'string' && text.length < 66_000 && text.endsWith('… (34464 more characters)'));
  assert.equal(toAnyValue(new Uint8Array(1_000_000)), '[Truncated: 1000000 bytes]');
});

test('one budget limits shared references, strings and bytes', () => {
  let shared: unknown = { leaf: 'x'.repeat(100) };
  for (let level = 0; level < 64; level++) shared = [shared, shared, shared, shared];
  assert.ok(measureSize(toAnyValue(shared)) < 10_000);
  assert.match(JSON.stringify(toAnyValue(shared)), /Truncated/);
  const text = 'x'.repeat(60_000);
  const texts = Array.from({ length: 200 }, () => text);
  assert.ok(JSON.stringify(toAnyValue(texts)).length < 300_000);
  const bytes = Array.from({ length: 200 }, () => new Uint8Array(60_000));
  const kept = (toAnyValue(bytes) as unknown[]).filter((each) => each instanceof Uint8Array);
  assert.equal(kept.length, 4);
});

test('several values of one record share a budget', () => {
  const converter = new ValueConverter({ maxValues: 10 });
  const list = [1, 2, 3, 4, 5, 6];
  assert.deepEqual(converter.convert(list), list);
  assert.deepEqual(converter.convert(list), [1, 2, 3, 4, '[Truncated: 2 more items]']);
});

test('a value that logs itself while it is read is bounded', () => {
  let reads = 0;
  const value = {
    toJSON(): unknown {
      reads++;
      return [toAnyValue(value), toAnyValue(value)];
    },
  };
  assert.match(JSON.stringify(toAnyValue(value)), /read while other values are read/);
  assert.ok(reads < 20, `${reads} reads`);
});

test('a strict converter rejects types that the API does not allow', () => {
  const shared = { a: 1 };
  const allowed = { list: [1, 'a', null], twice: [shared, shared], bytes: new Uint8Array([1]) };
  const strict = (): ValueConverter => new ValueConverter({ isStrict: true, maxTextLength: 3 });
  assert.deepEqual(strict().convert(allowed), allowed);
  assert.equal(strict().convert('abcdef'), 'abc');
  const circle: unknown[] = [];
  circle.push(circle);
  const refused = [
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    new Map(),
    [new Error('e')],
    { a: { b: 1n } },
    circle,
  ];
  for (const value of refused) assert.throws(() => strict().convert(value), TypeError);
});
