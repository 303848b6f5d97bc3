import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { OtlpExportError } from './export-error.ts';
import { post } from './http-transport.ts';

/** A server on a free port of the loopback address, with an agent for it. */
async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; readonly agent: Agent }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    agent,
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const signal = new AbortController().signal;
const request = (url: string) => ({ url, headers: {}, body: Buffer.from('body'), tls: {} });

test('posts the body with its length, and returns the body and content type of a 2xx response', async () => {
  const received = Promise.withResolvers<IncomingMessage>();
  await using server = await serve((incoming, response) => {
    incoming.resume();
    received.resolve(incoming);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
  });
  const result = await post(request(server.url), { agent: server.agent, signal, unref: false });
  const { method, headers } = await received.promise;
  assert.deepEqual([method, headers['content-length']], ['POST', '4']);
  assert.deepEqual(result, { body: Buffer.from('{}'), contentType: 'application/json' });
});

for (const [status, retryAfter, retry] of [
  [400, undefined, 'never'],
  [400, '3', 'never'],
  [302, undefined, 'never'],
  [500, undefined, 'never'],
  [429, undefined, 'backoff'],
  [502, 'soon', 'backoff'],
  [503, '3', 3000],
  [504, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
] as const) {
  test(`status ${status} with Retry-After ${retryAfter}: retry is ${retry}`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      response.writeHead(status).end();
    });
    const result = await post(request(server.url), { agent: server.agent, signal, unref: false });
    assert.ok('error' in result);
    assert.equal(result.retry, retry);
    assert.equal(result.error.statusCode, status);
    assert.match(result.error.message, new RegExp(`^HTTP ${status} `));
  });
}

test('an abort fails the request with its reason', async () => {
  const controller = new AbortController();
  const reason = new OtlpExportError('SONDE_OTLP_ABORTED', 'stop');
  await using server = await serve(() => controller.abort(reason));
  const { agent } = server;
  const result = await post(request(server.url), { agent, signal: controller.signal, unref: false });
  assert.deepEqual(result, { error: reason, retry: 'never' });
});

test('a header that Node.js rejects fails the request without a retry', async () => {
  const agent = new Agent();
  const invalid = { ...request('http://127.0.0.1:9/'), headers: { 'x-a': 'line\nfeed' } };
  const result = await post(invalid, { agent, signal, unref: false });
  assert.ok('error' in result);
  assert.deepEqual([result.error.code, result.retry], ['SONDE_OTLP_CONNECTION', 'never']);
});
