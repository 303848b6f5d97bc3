import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { OtlpExportError } from './export-error.ts';
import { type ExportResponse, sendWithRetry } from './retry.ts';

/** Sends a request to a server, with a timeout for all attempts. */
async function send(
  listener: RequestListener,
  timeoutMs: number,
  controller = new AbortController(),
): Promise<{ response: ExportResponse; attempts: number; elapsedMs: number }> {
  let attempts = 0;
  const server = createServer((incoming, response) => {
    attempts++;
    incoming.resume();
    listener(incoming, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const start = performance.now();
  const response = await sendWithRetry(
    { url, headers: {}, body: Buffer.from('body'), tls: {} },
    { agent, unref: false, timeoutMs, controller },
  );
  const elapsedMs = performance.now() - start;
  agent.destroy();
  server.closeAllConnections();
  server.close();
  return { response, attempts, elapsedMs };
}

test('a retryable failure is retried after a backoff until the request is accepted', async () => {
  let isFirst = true;
  const { response, attempts, elapsedMs } = await send((_, answer) => {
    answer.writeHead(isFirst ? 503 : 200).end();
    isFirst = false;
  }, 30_000);
  assert.ok('body' in response);
  assert.equal(attempts, 2);
  assert.ok(elapsedMs >= 499, 'the first backoff is at least half a second');
});

test('a permanent failure is not retried', async () => {
  const { response, attempts } = await send((_, answer) => void answer.writeHead(400).end(), 30_000);
  assert.ok('error' in response && response.error.statusCode === 400);
  assert.equal(attempts, 1);
});

test('a Retry-After beyond the timeout fails immediately with the last error', async () => {
  const { response, attempts } = await send(
    (_, answer) => void answer.writeHead(503, { 'retry-after': '3600' }).end(),
    30_000,
  );
  assert.ok('error' in response && response.error.statusCode === 503);
  assert.equal(attempts, 1);
});

test('a connection error is retried', async () => {
  let isFirst = true;
  const { response, attempts } = await send((incoming, answer) => {
    if (isFirst) incoming.socket.destroy();
    else answer.writeHead(200).end();
    isFirst = false;
  }, 30_000);
  assert.ok('body' in response);
  assert.equal(attempts, 2);
});

test('the timeout covers an attempt without a response', async () => {
  const { response } = await send(() => {}, 100);
  assert.ok('error' in response);
  assert.equal(response.error.code, 'SONDE_OTLP_TIMEOUT');
  assert.equal(response.error.message, 'timed out after 100 ms');
});

test('an abort ends the wait for a retry', async () => {
  const controller = new AbortController();
  const reason = new OtlpExportError('SONDE_OTLP_ABORTED', 'stop');
  const { response, attempts } = await send(
    (_, answer) => {
      answer.writeHead(503, { 'retry-after': '20' }).end();
      answer.once('close', () => controller.abort(reason));
    },
    30_000,
    controller,
  );
  assert.deepEqual(response, { error: reason, retry: 'never' });
  assert.equal(attempts, 1);
});
