import type { Attributes, AttributeValue, Exception, Link, TimeInput } from '@opentelemetry/api';
import type { Random } from '../support/random.ts';
import { linkTo } from './world.ts';

class Custom {
  readonly inside = 1;
}

function circular(): object {
  const circle: Record<string, unknown> = { name: 'circle' };
  circle['self'] = circle;
  return circle;
}

/** Values of every kind, valid as attributes or not. */
const values: readonly (() => AttributeValue)[] = [
  () => 'text',
  () => '',
  () => 'x'.repeat(9),
  () => 'żółw',
  () => 0,
  () => -0,
  () => 1.5,
  () => Number.NaN,
  () => Infinity,
  () => true,
  () => false,
  () => null,
  () => undefined,
  () => 7n,
  () => Symbol('no'),
  () => () => 'no',
  () => new Date(0),
  () => new Custom(),
  () => circular(),
  () => new Map([['a', 1]]),
  () => Object.create(null) as object,
  () => new Uint8Array([1, 2, 3, 4, 5]),
  () => [],
  () => ['a', 'bcdefghi'],
  () => [1, null, undefined, 2],
  () => ['a', 1, true],
  () => [['nested'], [1]],
  () => [{ a: 1 }, Symbol('no')],
  () => ({ a: 'abcdefgh', b: { c: [1, 'abcdefgh'] }, d: undefined }),
  () => ({ a: () => 'no' }),
  () => Object.freeze(['frozen']),
];

const usual: readonly AttributeValue[] = ['GET', '/users/:id', 200, 0.25, true];

const names = ['a', 'b', 'c', 'http.route', 'url.path', '7', '', '__proto__', 'constructor', 'toString'];

/** A value: three in four are what programs usually give. */
export function value(random: Random): AttributeValue {
  return random.once(4) ? random.pick(values)() : random.pick(usual);
}

/** The name of an attribute. */
export function name(random: Random): string {
  return random.once(3) ? random.pick(names) : `key.${random.below(6)}`;
}

// Such as a router's: the same frozen objects again and again.
const route = Object.freeze({ 'http.request.method': 'GET', 'http.route': '/users/:id', 'server.port': 80 });
const odd = Object.freeze({ a: 'abcdefghi', list: [1, 2], b: null, c: undefined, '': 1 });
const empty = Object.freeze({});

/** Attributes in every form that a program may give. */
export function attributes(random: Random): Attributes | undefined {
  switch (random.below(14)) {
    case 0:
      return undefined;
    case 1:
      return null as unknown as Attributes;
    case 2:
    case 3:
      return route;
    case 4:
      return odd;
    case 5:
      return empty;
    case 6:
      return Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }) as Attributes;
    case 7:
      return Object.freeze({ ...fresh(random) });
    case 8:
      return {
        get computed(): string {
          return 'by a getter';
        },
      };
    case 9:
      return ['listed'] as unknown as Attributes;
    default:
      return fresh(random);
  }
}

function fresh(random: Random): Attributes {
  const own: Attributes = {};
  for (const each of random.some(8, () => name(random))) {
    Object.defineProperty(own, each, {
      value: value(random),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return own;
}

/** A point in time, or what is none. */
export function time(random: Random): TimeInput | undefined {
  return random.pick<() => unknown>([
    () => undefined,
    () => undefined,
    () => new Date(1_000_000_000_000),
    () => 1_000_000_000_500.25,
    () => 1_000_000_000_000 + random.below(5000),
    () => [1_000_000_000, random.below(1e9)],
    () => performance.now(),
    () => Date.now(),
    () => 'noon',
    () => null,
  ])() as TimeInput | undefined;
}

/** Something thrown. */
export function thrown(random: Random): Exception {
  const error = new TypeError('went wrong');
  error.stack = 'TypeError: went wrong\n    at somewhere';
  return random.pick<unknown>([
    error,
    Object.assign(new Error('refused'), { code: 'ECONNREFUSED', stack: undefined }),
    { code: 7, message: 'seven' },
    { name: 'OnlyName' },
    { stack: 'only a stack' },
    {},
    'a text',
    '',
    undefined,
    null,
    0,
  ]) as Exception;
}

/** A link with attributes in any form. */
export function link(random: Random): Link {
  const given = attributes(random);
  return given === undefined ? linkTo(1 + random.below(9)) : linkTo(1 + random.below(9), given);
}
