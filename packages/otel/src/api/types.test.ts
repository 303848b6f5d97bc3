// Types that the compiler must infer or reject: an unused @ts-expect-error fails the type check.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  counter,
  countExceptions,
  histogram,
  span,
  timed,
  traced,
  trackInProgress,
  upDownCounter,
} from '../index.ts';

type Equal<A, B> = [A, B] extends [B, A] ? 'equal' : 'different';

function first<T>(list: readonly T[]): T | undefined;
function first(list: string): string | undefined;
function first(list: ArrayLike<unknown>): unknown {
  return list[0];
}

function isText(this: { strict: boolean }, value: unknown): value is string {
  return typeof value === 'string' && this.strict;
}

test('the result of span has the type of what the function returns', () => {
  const number = span('a', () => 1);
  const promise = span('a', { b: 1 }, async () => 'x');
  const generator = span('a', function* () {
    const got: string = yield 1;
    return got;
  });
  const is: [
    Equal<typeof number, number>,
    Equal<typeof promise, Promise<string>>,
    Equal<typeof generator, Generator<number, string, string>>,
  ] = ['equal', 'equal', 'equal'];
  assert.equal(is.length, 3);
  // @ts-expect-error: an attribute is no function
  assert.throws(() => span('a', { b: 1 }, 'not a function'), TypeError);
});

test('wrapped functions have the type of the function: generics, overloads, this and assertions included', () => {
  const wrapped = [
    traced('first', first),
    timed(histogram('types.duration'), { a: 1 }, first),
    countExceptions(counter('types.count'), first),
    trackInProgress(upDownCounter('types.active'), first),
  ] as const;
  const guard = traced('isText', isText);
  const types: [Equal<(typeof wrapped)[number], typeof first>, Equal<typeof guard, typeof isText>] = [
    'equal',
    'equal',
  ];
  assert.deepEqual([wrapped[0]([1]), wrapped[3]('ab'), types.length], [1, 'a', 2]);
  assert.equal(guard.call({ strict: true }, 'x'), true);
  // @ts-expect-error: the function takes no number
  assert.equal(wrapped[0](1), undefined);
  // @ts-expect-error: `this` is needed
  assert.throws(() => guard('x'), TypeError);
});
