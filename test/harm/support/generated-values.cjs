// Seeded random values, including hostile ones. A seed creates the same values in every process.

/** A seeded source of choices. */
class Choices {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `limit`. */
  below(limit) {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  pick(items) {
    return items[this.below(items.length)];
  }
}

/** The traps of proxies of objects. */
const objectTraps = [
  'get',
  'has',
  'ownKeys',
  'getPrototypeOf',
  'getOwnPropertyDescriptor',
  'set',
  'defineProperty',
  'isExtensible',
];

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function noWork() {}

class Account {
  id = 7;
  #secret = 1;

  get balance() {
    return this.#secret;
  }
}

class Loud {
  toJSON() {
    throw new RangeError('toJSON');
  }

  toString() {
    throw new RangeError('toString');
  }
}

class Custom extends Error {
  name = 'Custom';
}

const refuse = (name) => () => {
  throw new TypeError(`refused ${name}`);
};

const huge = 'huge://text '.repeat(8000);
const simple = [
  () => 'text',
  () => '',
  () => 1,
  () => -0,
  () => Number.NaN,
  () => true,
  () => null,
  () => undefined,
  () => '\u0000\u001b[31m\n\ud800',
];

/** Creates random values, nested up to a depth. */
class Values {
  #choices;
  #made = [];

  constructor(choices) {
    this.#choices = choices;
  }

  any(depth = 3) {
    const value = this.#choices.below(3) === 0 ? this.#choices.pick(simple)() : this.#odd(depth);
    if (typeof value === 'object' && value !== null) this.#made.push(value);
    return value;
  }

  /** Members of any type under a few names, some of which loggers treat in their own way. */
  members(depth = 2) {
    const names = [
      'a',
      'b',
      'err',
      'error',
      'msg',
      'message',
      'level',
      'time',
      'stack',
      'name',
      '__proto__',
      'toString',
      '',
    ];
    const members = this.#choices.below(8) === 0 ? Object.create(null) : {};
    for (let count = this.#choices.below(5); count > 0; count--) {
      this.#define(members, this.#choices.pick(names), depth);
    }
    if (this.#choices.below(16) === 0) return Object.freeze(members);
    return this.#choices.below(24) === 0 ? this.#proxy(members) : members;
  }

  error(depth = 2) {
    const Class = this.#choices.pick([Error, TypeError, Custom]);
    const error = new Class(this.#choices.pick(['failed', '', huge, 'two\nlines']));
    error.stack = `${error.name}: generated\n    at nowhere`;
    for (let count = this.#choices.below(3); count > 0; count--) {
      this.#define(
        error,
        this.#choices.pick(['message', 'stack', 'name', 'cause', 'constructor', 'code', 'errors', 'toJSON']),
        depth,
      );
    }
    return this.#choices.below(8) === 0 ? this.#proxy(error) : error;
  }

  #define(holder, name, depth) {
    const isThrowing = this.#choices.below(6) === 0;
    const value = isThrowing ? undefined : this.any(depth - 1);
    const property = isThrowing ? { get: refuse(name) } : { value, writable: true };
    Object.defineProperty(holder, name, { ...property, enumerable: true, configurable: true });
  }

  #proxy(target) {
    if (this.#choices.below(3) === 0) return revoked(target);
    const handler = {};
    for (let count = this.#choices.below(4); count > 0; count--) {
      const trap = this.#choices.pick(objectTraps);
      handler[trap] = refuse(trap);
    }
    return new Proxy(target, handler);
  }

  #odd(depth) {
    const choices = this.#choices;
    if (depth <= 0) return choices.pick(simple)();
    switch (choices.below(22)) {
      case 0:
        return huge;
      case 1:
        return choices.pick([7n, 2n ** 62n, -(2n ** 63n), 2n ** 64n, 2n ** 500n]);
      case 2:
        return choices.pick([Symbol('s'), Symbol.iterator, Symbol('')]);
      case 3:
        return choices.pick([noWork, () => {}, Account, Math.max]);
      case 4:
        return choices.pick([
          new Date(0),
          new Date(Number.NaN),
          /a+/gu,
          new URL('http://a.example/?b=c'),
          new URLSearchParams('a=1'),
        ]);
      case 5:
        return choices.pick([
          new Uint8Array([1, 2]),
          Buffer.from('ab'),
          new Float64Array([1.5]),
          new BigInt64Array([1n]),
          new ArrayBuffer(4),
          new DataView(new ArrayBuffer(2)),
        ]);
      case 6:
        return new Map([
          [this.any(depth - 1), this.any(depth - 1)],
          ['b', 2],
        ]);
      case 7:
        return new Set([this.any(depth - 1), 1]);
      case 8:
        return new Account();
      case 9:
        return new Loud();
      case 10:
      case 11:
        return this.error(depth - 1);
      case 12:
      case 13:
        return Array.from({ length: choices.below(5) }, () => this.any(depth - 1));
      case 14: {
        const circle = this.members(depth - 1);
        try {
          circle.self = circle;
        } catch {
          // Frozen, or a proxy that refuses.
        }
        return circle;
      }
      case 15:
        return this.#made.length === 0 ? {} : choices.pick(this.#made);
      case 16:
        return this.#proxy(choices.pick([{}, [], () => {}, new Account()]));
      case 17:
        return this.#expanding(choices.below(4) === 0 ? 12 : 3);
      case 18: {
        let deep = {};
        for (let level = choices.pick([2, 9, 30, 2000]); level > 0; level--) deep = { deep };
        return deep;
      }
      case 19:
        return choices.pick([
          Object.create(null),
          Object(1n),
          Object('boxed'),
          Object(Symbol('b')),
          new WeakMap(),
          Promise.resolve(1),
        ]);
      default:
        return this.members(depth - 1);
    }
  }

  /** Shared references. Only few, since what writes all of them must end. */
  #expanding(levels) {
    let shared = { leaf: 'x' };
    for (let level = 0; level < levels; level++) shared = [shared, shared];
    return shared;
  }
}

/** Describes any thrown value for comparison. */
function shown(thrown) {
  try {
    return `${typeof thrown} ${thrown instanceof Error ? `${thrown.constructor.name} ${thrown.message}` : String(thrown)}`;
  } catch {
    return `${typeof thrown} unreadable`;
  }
}

module.exports = { Choices, objectTraps, refuse, revoked, shown, Values };
