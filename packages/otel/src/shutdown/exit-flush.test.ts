import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ExitRequest } from '@sonde/exporters';
import { handleExit, sendPending } from './exit-flush.ts';

/** Echoes the body of each request, in a worker thread, because the sender blocks this thread. */
const receiverProgram = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => {
    response.statusCode = request.url === '/refused' ? 400 : 200;
    request.pipe(response);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

test('a deadline of 0 sends nothing', () => {
  const settled: unknown[] = [];
  const request = { url: 'http://127.0.0.1:1', headers: {}, body: new Uint8Array(), tls: {} };
  sendPending([{ request, settle: (...result) => void settled.push(result) }], 0);
  assert.deepEqual(settled, [[undefined, undefined]]);
});

test('requests report their answer or the error, and those that cannot be sent report neither', async () => {
  const receiver = new Worker(receiverProgram, { eval: true });
  const [port] = (await once(receiver, 'message')) as [number];
  const settled: unknown[] = [];
  const pending = ['/first', '/second', '/refused'].map((path): ExitRequest => ({
    request: { url: `http://127.0.0.1:${port}${path}`, headers: {}, body: Buffer.from(path), tls: {} },
    settle: (answer) => void settled.push([answer?.statusCode, Buffer.from(answer?.body ?? []).toString()]),
  }));
  const closed = { url: 'http://127.0.0.1:1', headers: {}, body: new Uint8Array(), tls: {} };
  for (const request of [closed, closed, undefined]) {
    pending.push({ request, settle: (_answer, error) => void settled.push(error?.message) });
  }
  sendPending(pending, 10_000);
  assert.deepEqual(settled, [
    [200, '/first'],
    [200, '/second'],
    [400, '/refused'],
    'connect ECONNREFUSED 127.0.0.1:1',
    'connect ECONNREFUSED 127.0.0.1:1',
    undefined,
  ]);
  await receiver.terminate();
});

test('handleExit removes its listener', () => {
  const before = process.listeners('exit');
  const stop = handleExit(
    () => [],
    () => 0,
    () => {},
  );
  assert.equal(process.listeners('exit').length, before.length + 1);
  stop();
  assert.deepEqual(process.listeners('exit'), before);
});
