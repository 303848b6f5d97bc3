import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exceptionAttributes, mapException } from './exception.ts';

const trap = (): never => {
  throw new Error('trap');
};

test('a thrown value that is not an error has its type and text', () => {
  const formatText = (thrown: unknown): unknown => exceptionAttributes(thrown)['exception.message'];
  assert.deepEqual(exceptionAttributes('gone'), { 'exception.type': 'string', 'exception.message': 'gone' });
  assert.equal(formatText(Symbol('s')), 'Symbol(s)');
  assert.equal(formatText(Object.assign(Object.create(null) as object, { a: 1 })), '{ a: 1 }');
  assert.equal(formatText({ toString: trap }), "{ toString: '[Function: trap]' }");
  assert.equal(
    formatText(new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap })),
    "'[Throws: trap]'",
  );
  assert.equal(formatText(2n ** 100_000n), '[Truncated: an integer of more than 4096 bits]');
});

test('a member of an error that throws is replaced by a placeholder', () => {
  for (const name of ['name', 'message', 'stack', 'cause', 'constructor']) {
    const error = Object.defineProperty(new TypeError('t'), name, { get: trap });
    const attributes = exceptionAttributes(error);
    assert.deepEqual(
      Object.values(attributes).map((value) => typeof value),
      ['string', 'string', 'string'],
      name,
    );
    assert.equal(attributes['exception.message'], name === 'message' ? '[unreadable]' : 't');
    assert.equal(attributes['exception.type'], 'TypeError', name);
  }
});

test('causes of any type and any number are bounded', () => {
  let shared: unknown = {};
  for (let level = 0; level < 64; level++) shared = [shared, shared];
  const circular = new Error('circle');
  circular.cause = circular;
  for (const cause of [shared, circular, Object.create(null), { toString: trap }, null]) {
    const stack = String(exceptionAttributes(new Error('e', { cause }))['exception.stacktrace']);
    assert.match(stack, /Caused by: /);
    assert.ok(stack.length < 100_000);
  }
});

test('an error in a log record is mapped to the exception attributes and keeps its other members', () => {
  const members: Record<string, unknown> = { err: Object.assign(new TypeError('t'), { code: 7 }), other: 1 };
  mapException(members, 'err');
  assert.deepEqual(Object.keys(members).toSorted(), [
    'err',
    'exception.message',
    'exception.stacktrace',
    'exception.type',
    'other',
  ]);
  assert.deepEqual(members['err'], { code: 7 });
  const hostile: Record<string, unknown> = { err: new Proxy({}, { ownKeys: trap }) };
  mapException(hostile, 'err');
  assert.deepEqual(Object.keys(hostile), ['err']);
});
