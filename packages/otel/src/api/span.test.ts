import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trace } from '@opentelemetry/api';
import { span, traced } from '../index.ts';
import { startTesting, type TestSpan } from '../testing.ts';

const telemetry = startTesting();
beforeEach(() => telemetry.reset());

const activeId = () => trace.getActiveSpan()?.spanContext().spanId;

function onlySpan(): TestSpan {
  const [only, ...more] = telemetry.spans();
  assert.ok(only !== undefined, 'the span has ended');
  assert.deepEqual(more, []);
  return only;
}

async function collected<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of iterable) all.push(each);
  return all;
}

const tree = () => telemetry.spans().map(({ name, parent, status }) => [name, parent, status]);

test('the span lasts as long as the call, is the active one in it, and the result is that of the call', () => {
  const result = { an: 'object' };
  const got = span('work', { step: 1 }, (current) => {
    assert.equal(trace.getActiveSpan(), current);
    assert.deepEqual(telemetry.spans(), []);
    current.setAttribute('late', true);
    return result;
  });
  assert.equal(got, result);
  assert.equal(activeId(), undefined);
  const { name, scope, status, attributes, kind } = onlySpan();
  assert.deepEqual(
    { name, scope, status, attributes, kind },
    {
      name: 'work',
      scope: '@sonde/otel',
      status: 'unset',
      attributes: { step: 1, late: true },
      kind: 'internal',
    },
  );
});

test('attributes may be left out or undefined, the function may not', () => {
  span('a', undefined, () => {});
  span('b', () => {});
  assert.deepEqual(
    telemetry.spans().map(({ name }) => name),
    ['a', 'b'],
  );
  assert.throws(() => span('c', {} as never), TypeError);
});

test('spans nest, across awaits too', async () => {
  await span('outer', async () => {
    await turn();
    await Promise.all([span('left', () => turn()), span('right', async () => span('deep', () => turn()))]);
  });
  assert.deepEqual(tree(), [
    ['outer', undefined, 'unset'],
    ['left', 'outer', 'unset'],
    ['right', 'outer', 'unset'],
    ['deep', 'right', 'unset'],
  ]);
});

test('what is thrown goes its way and is recorded', () => {
  class PaymentError extends Error {}
  const error = new PaymentError('declined', { cause: new RangeError('limit') });
  assert.throws(
    () =>
      span('pay', () => {
        throw error;
      }),
    (thrown) => thrown === error,
  );
  const { status, statusMessage, attributes, events } = onlySpan();
  assert.deepEqual(
    [status, statusMessage, attributes],
    ['error', 'declined', { 'error.type': 'PaymentError' }],
  );
  const [{ name, attributes: exception } = assert.fail('no event'), ...more] = events;
  assert.deepEqual(more, []);
  assert.equal(name, 'exception');
  assert.equal(exception['exception.type'], 'PaymentError');
  assert.equal(exception['exception.message'], 'declined');
  assert.match(
    String(exception['exception.stacktrace']),
    /PaymentError|declined[^]*Caused by: RangeError: limit/,
  );
});

test('a rejection is recorded and goes its way', async () => {
  const error = new Error('late');
  await assert.rejects(
    span('work', async () => {
      await turn();
      throw error;
    }),
    (thrown) => thrown === error,
  );
  assert.equal(onlySpan().statusMessage, 'late');
});

test('a rejection that nobody handles still ends the process', () => {
  const index = new URL('../index.ts', import.meta.url);
  const program = `import { span } from ${JSON.stringify(index)};
    void span('work', () => Promise.reject(new Error('nobody handles this')));
    process.on('exit', (code) => console.log('code', code));`;
  const flags = ['--conditions=@sonde/source', '--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  assert.match(stderr, /^Error: nobody handles this$/m);
  assert.equal(stdout, 'code 1\n');
});

test('nested spans all fail, and the innermost one alone has the exception', async () => {
  const error = new TypeError('deep');
  await assert.rejects(
    span('outer', () =>
      trace.getTracer('a library').startActiveSpan('between', async (between) => {
        try {
          return await span('inner', async () => {
            throw error;
          });
        } finally {
          between.end();
        }
      }),
    ),
  );
  const events = Object.fromEntries(telemetry.spans().map((each) => [each.name, each.events.length]));
  assert.deepEqual(events, { outer: 0, between: 0, inner: 1 });
  assert.deepEqual(tree(), [
    ['outer', undefined, 'error'],
    ['between', 'outer', 'unset'],
    ['inner', 'between', 'error'],
  ]);
});

test('the same error on two siblings is recorded on both: each is the innermost one', async () => {
  const { reason } = AbortSignal.abort();
  const failing = () => Promise.reject(reason);
  await assert.rejects(
    span('outer', async () => Promise.allSettled([span('a', failing), span('b', failing)]).then(failing)),
  );
  assert.deepEqual(
    telemetry.spans().map(({ name, events }) => [name, events.length]),
    [
      ['outer', 0],
      ['a', 1],
      ['b', 1],
    ],
  );
});

test('things that are no errors, and hostile ones, are recorded without harm', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('trap');
    },
  });
  for (const thrown of ['a string', undefined, null, 7, hostile, Object.create(null)]) {
    assert.throws(
      () =>
        span('work', () => {
          throw thrown;
        }),
      (got) => got === thrown,
    );
  }
  assert.deepEqual(new Set(telemetry.spans().map(({ status }) => status)), new Set(['error']));
  assert.equal(telemetry.spans().length, 6);
  assert.equal(telemetry.spans()[0]?.statusMessage, 'a string');
});

test('a generator is one span from the call to its end, and its body runs in it', () => {
  const ids: (string | undefined)[] = [];
  function* body(): Generator<number, string, string> {
    ids.push(activeId());
    const got = yield 1;
    ids.push(activeId());
    span('step', () => {});
    yield got.length;
    return 'done';
  }
  const generator = span('numbers', body);
  assert.ok(generator instanceof body);
  assert.deepEqual(generator.next('ignored'), { done: false, value: 1 });
  assert.equal(activeId(), undefined);
  assert.deepEqual(generator.next('four'), { done: false, value: 4 });
  assert.deepEqual(tree(), [['step', 'numbers', 'unset']]);
  assert.deepEqual(generator.next(''), { done: true, value: 'done' });
  assert.deepEqual(tree(), [
    ['numbers', undefined, 'unset'],
    ['step', 'numbers', 'unset'],
  ]);
  assert.deepEqual(new Set(ids), new Set([telemetry.spans()[0]?.spanId]));
});

test('a generator that is left early, or fails, ends its span', () => {
  let cleaned = 0;
  const counting = traced('counting', function* (upTo: number) {
    try {
      for (let i = 0; ; i++) {
        if (i === upTo) throw new RangeError('too far');
        yield i;
      }
    } finally {
      cleaned++;
    }
  });
  for (const value of counting(10)) if (value === 3) break;
  assert.deepEqual(tree(), [['counting', undefined, 'unset']]);
  assert.throws(() => [...counting(2)], RangeError);
  const thrownInto = counting(5);
  thrownInto.next();
  assert.throws(() => thrownInto.throw(new Error('from outside')), /from outside/);
  const neverBegun = counting(5);
  assert.deepEqual(neverBegun.return(undefined as never), { done: true, value: undefined });
  assert.deepEqual(
    telemetry.spans().map(({ status, statusMessage }) => [status, statusMessage]),
    [
      ['unset', undefined],
      ['error', 'too far'],
      ['error', 'from outside'],
      ['unset', undefined],
    ],
  );
  assert.equal(cleaned, 3);
});

test('an async generator is one span, whatever is awaited inside', async () => {
  const rows = traced('rows', async function* (count: number) {
    for (let i = 0; i < count; i++) {
      await turn();
      yield span('row', { i }, () => i);
    }
    if (count > 2) throw new Error('connection lost');
  });
  const got: number[] = [];
  await span('consumer', async () => {
    for await (const row of rows(2)) {
      got.push(row);
      span('use', () => {});
    }
  });
  assert.deepEqual(got, [0, 1]);
  assert.deepEqual(tree(), [
    ['consumer', undefined, 'unset'],
    ['rows', 'consumer', 'unset'],
    ['row', 'rows', 'unset'],
    ['use', 'consumer', 'unset'],
    ['row', 'rows', 'unset'],
    ['use', 'consumer', 'unset'],
  ]);

  await telemetry.reset();
  await assert.rejects(collected(rows(3)), /connection lost/);
  for await (const _ of rows(100)) break;
  assert.deepEqual(
    telemetry
      .spans()
      .filter(({ name }) => name === 'rows')
      .map(({ status }) => status),
    ['error', 'unset'],
  );
});

test('an async iterable stays the object it is, and is followed when it is iterated', async () => {
  class Feed {
    readonly #items = ['a', 'b'];
    get size(): number {
      return this.#items.length;
    }
    async *[Symbol.asyncIterator](): AsyncGenerator<string> {
      for (const item of this.#items) yield span(item, () => item);
    }
  }
  const feed = new Feed();
  const same = span('feed', () => feed);
  assert.equal(same, feed);
  assert.equal(same.size, 2);
  assert.deepEqual(await collected(same), ['a', 'b']);
  assert.deepEqual(tree(), [
    ['feed', undefined, 'unset'],
    ['a', 'feed', 'unset'],
    ['b', 'feed', 'unset'],
  ]);

  await telemetry.reset();
  const promised = await span('promised', async () => new Feed());
  assert.deepEqual(telemetry.spans(), []);
  for await (const _ of promised) break;
  assert.deepEqual(tree().slice(0, 1), [['promised', undefined, 'unset']]);
});

test('an iterator without a return method ends its span when it is left', () => {
  const iterator = span('plain', () => ({
    value: 0,
    next() {
      return { done: false, value: this.value++ };
    },
    [Symbol.iterator]() {
      return this;
    },
  }));
  for (const value of iterator) if (value === 2) break;
  assert.equal(onlySpan().name, 'plain');
  assert.equal(iterator.value, 3);
});

test('a collection is a value, not an iteration', () => {
  const list = span('list', () => [1, 2]);
  assert.deepEqual(list, [1, 2]);
  span('map', () => new Map([[1, 2]]));
  span('text', () => 'abc');
  assert.equal(telemetry.spans().length, 3);
});

test('a readable stream is followed until it closes', async () => {
  const stream = span('stream', () => Readable.from(['a', 'b']));
  assert.deepEqual(telemetry.spans(), []);
  assert.deepEqual(await stream.toArray(), ['a', 'b']);
  if (!stream.closed) await once(stream, 'close');
  assert.equal(onlySpan().status, 'unset');

  await telemetry.reset();
  const broken = span('broken', () => new Readable({ read() {} }));
  const closed = once(broken, 'close').catch(() => {});
  broken.on('error', () => {});
  broken.destroy(new Error('reset'));
  await closed;
  await turn();
  assert.equal(onlySpan().statusMessage, 'reset');
});

test('a lazy thenable starts its work when it is awaited, in the span, once', async () => {
  let runs = 0;
  const query = {
    filter: 'none',
    where(filter: string) {
      this.filter = filter;
      return this;
    },
    // oxlint-disable-next-line unicorn/no-thenable -- query builders are like this
    then<T>(resolve: (rows: string) => T, reject: (error: unknown) => T): Promise<T> {
      runs++;
      return span('database', async () => this.filter).then(resolve, reject);
    },
  };
  const same = span('query', () => query);
  assert.equal(same, query);
  assert.equal(runs, 0);
  assert.equal(await same.where('id = 1'), 'id = 1');
  assert.equal(runs, 1);
  assert.deepEqual(tree(), [
    ['query', undefined, 'unset'],
    ['database', 'query', 'unset'],
  ]);
});

test('a frozen or hostile result is a value like any other', () => {
  const frozen = Object.freeze({
    next: () => ({ done: true, value: 0 }),
    [Symbol.iterator]: () => [].values(),
  });
  assert.equal(
    span('frozen', () => frozen),
    frozen,
  );
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('trap');
      },
    },
  );
  assert.equal(
    span('hostile', () => hostile),
    hostile,
  );
  assert.equal(telemetry.spans().length, 2);
});

test('an iteration that everybody has dropped ends its span', async () => {
  setFlagsFromString('--expose_gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const begin = traced('dropped', function* () {
    yield 1;
    yield 2;
  });
  (() => begin().next())();
  while (telemetry.spans().length === 0) {
    collectGarbage();
    await turn();
  }
  assert.equal(onlySpan().status, 'unset');
});

test('a span that its function has ended is left alone', () => {
  span('ended', (current) => {
    current.end();
    return 1;
  });
  assert.equal(onlySpan().name, 'ended');
});

test('a traced function keeps this, arguments, result, name and length', async () => {
  class Cart {
    readonly items: string[] = [];
    add(item: string, ..._notes: string[]): this {
      this.items.push(item);
      return this;
    }
  }
  // oxlint-disable-next-line typescript/unbound-method -- it is bound again
  Cart.prototype.add = traced('add', Cart.prototype.add);
  assert.deepEqual([Cart.prototype.add.name, Cart.prototype.add.length], ['add', 1]);
  const cart = new Cart();
  assert.equal(cart.add('apple').add('pear', 'a note'), cart);
  assert.deepEqual(cart.items, ['apple', 'pear']);
  assert.equal(telemetry.spans().length, 2);

  const load = traced('load', async (id: string, options = { deep: true }) => ({ id, ...options }));
  assert.deepEqual(await load('7'), { id: '7', deep: true });
});

test('without an SDK everything works as if nothing were there', async () => {
  telemetry[Symbol.dispose]();
  assert.equal(
    span('a', () => 1),
    1,
  );
  assert.deepEqual([...span('b', () => [1, 2].values())], [1, 2]);
  assert.equal(await span('c', async () => 3), 3);
  assert.throws(
    () =>
      span('d', () => {
        throw new Error('e');
      }),
    /^Error: e$/,
  );
});
