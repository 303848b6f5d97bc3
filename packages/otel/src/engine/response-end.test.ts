import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { tellEnd } from './response-end.ts';

const newResponse = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));
const emitOfEmitters: unknown = Reflect.get(EventEmitter.prototype, 'emit');

/** Notes what it is told. */
function diary() {
  const told: unknown[] = [];
  const closed = (): void => void told.push('closed');
  const failed = (error: unknown): void => void told.push(error);
  return { told, listener: { closed, failed } };
}

const error = new Error('of the response');

for (const [name, response, heard] of [
  ['of Node, without a listener', newResponse(), 0],
  ['with an `emit` of its own', Object.assign(newResponse(), { emit: emitOfEmitters }) as ServerResponse, 1],
  ['that is none of Node’s', new EventEmitter() as ServerResponse, 1],
] as const) {
  test(`the end of a response ${name}`, () => {
    const { told, listener } = diary();
    tellEnd(response, listener);
    assert.equal(response.listenerCount('close'), heard);
    assert.equal(response.listenerCount('error'), 0);
    response.on('error', () => told.push('heard'));
    response.once('close', () => told.push('heard'));
    response.emit('finish');
    response.emit('error', error);
    response.emit('close');
    assert.deepEqual(told, [error, 'heard', 'closed', 'heard']);
  });
}

test('each who wants to know is told', () => {
  const response = newResponse();
  const [first, second] = [diary(), diary()];
  tellEnd(response, first.listener);
  tellEnd(response, second.listener);
  response.emit('close');
  assert.deepEqual([first.told, second.told], [['closed'], ['closed']]);
});

test('those who listen get what was emitted, as it was', () => {
  const response = newResponse();
  const { listener } = diary();
  tellEnd(response, listener);
  const seen: unknown[][] = [];
  response.on('pipe', (...args: unknown[]) => seen.push(args));
  for (const args of [[], [undefined], [1, 2], [1, 2, 3]]) {
    assert.equal((response as EventEmitter).emit('pipe', ...args), true);
  }
  assert.deepEqual(seen, [[], [undefined], [1, 2], [1, 2, 3]]);
  assert.equal(response.emit('drain'), false);
  assert.throws(() => response.emit('error', error), error);
});
