import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { counter, countExceptions, histogram, timed, trackInProgress, upDownCounter } from '../index.ts';
import { startTesting, type TestPoint } from '../testing.ts';

const telemetry = startTesting();
beforeEach(() => telemetry.reset());

const duration = histogram('work.duration', {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.001, 60] },
});
const failures = counter('work.failures');
const active = upDownCounter('work.active');

async function points(name: string): Promise<readonly TestPoint[]> {
  return (await telemetry.metrics()).find((metric) => metric.name === name)?.points ?? [];
}

/** The counts by attribute set. */
async function counts(name: string): Promise<unknown[]> {
  return (await points(name)).map(({ attributes, value }) => [
    attributes,
    typeof value === 'number' ? value : value.count,
  ]);
}

const level = async () => (await points('work.active'))[0]?.value;

class Refused extends Error {}
const refuse = (): never => {
  throw new Refused('no');
};

test('each call is timed in seconds, with the attributes given, and error.type when it fails', async () => {
  assert.equal(timed(duration, { step: 'a' }, (x: number) => x + 1)(1), 2);
  assert.throws(timed(duration, { step: 'a' }, refuse), Refused);
  await assert.rejects(
    timed(duration, async () => {
      await turn();
      refuse();
    })(),
    Refused,
  );
  assert.deepEqual(await counts('work.duration'), [
    [{ step: 'a' }, 1],
    [{ step: 'a', 'error.type': 'Refused' }, 1],
    [{ 'error.type': 'Refused' }, 1],
  ]);
  for (const { value } of await points('work.duration')) {
    assert.ok(typeof value === 'object' && value.sum > 0 && value.counts[2] === 0, 'under a minute');
  }
});

test('an iteration counts to its end, once', async () => {
  const numbers = timed(duration, async function* (fails: boolean) {
    yield 1;
    await turn();
    yield 2;
    if (fails) refuse();
  });
  const iteration = numbers(false);
  await iteration.next();
  assert.deepEqual(await counts('work.duration'), []);
  await iteration.return();
  assert.deepEqual(await counts('work.duration'), [[{}, 1]]);
  await assert.rejects(async () => {
    for await (const _ of numbers(true));
  }, Refused);
  assert.deepEqual(await counts('work.duration'), [
    [{}, 1],
    [{ 'error.type': 'Refused' }, 1],
  ]);
});

test('exceptions are counted by type, and those alone', async () => {
  const parse = countExceptions(failures, (text: string): unknown => JSON.parse(text));
  assert.deepEqual(parse('[1]'), [1]);
  assert.throws(() => parse('{'), SyntaxError);
  assert.throws(() => parse('}'), SyntaxError);
  await assert.rejects(countExceptions(failures, async () => refuse())(), Refused);
  assert.throws(
    () => [
      ...countExceptions(failures, function* () {
        yield 1;
        refuse();
      })(),
    ],
    Refused,
  );
  assert.deepEqual(await counts('work.failures'), [
    [{ 'error.type': 'SyntaxError' }, 2],
    [{ 'error.type': 'Refused' }, 2],
  ]);
});

test('what is under way is counted until it is over, however it ends', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const wait = trackInProgress(active, (_id: number) => promise);
  const both = [wait(1), wait(2)];
  assert.equal(await level(), 2);
  resolve('done');
  assert.deepEqual(await Promise.all(both), ['done', 'done']);
  assert.equal(await level(), 0);
  reject(new Error('too late to matter'));

  assert.throws(trackInProgress(active, refuse), Refused);
  assert.equal(await level(), 0);

  const generator = trackInProgress(active, function* () {
    yield 1;
    yield 2;
  })();
  generator.next();
  assert.equal(await level(), 1);
  generator.return();
  assert.equal(await level(), 0);
});

test('the wrapped functions keep this, name and length', () => {
  const account = {
    balance: 3,
    add(amount: number, _note?: string): number {
      return (this.balance += amount);
    },
  };
  // oxlint-disable-next-line typescript/unbound-method -- it is bound again
  account.add = timed(duration, countExceptions(failures, trackInProgress(active, account.add)));
  assert.equal(account.add(4), 7);
  // oxlint-disable-next-line typescript/unbound-method -- it is not called
  const { name, length } = account.add;
  assert.deepEqual([name, length], ['add', 2]);
  assert.throws(() => timed(duration, {} as never), TypeError);
});
