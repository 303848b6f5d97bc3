import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
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

const longDate = new Date(Date.now() + 3_600_000).toUTCString();
for (const [status, retryAfter, retry] of [
  [400, undefined, 'never'],
  [400, '3', 'never'],
  [401, undefined, 'never'],
  [302, undefined, 'never'],
  [500, undefined, 'never'],
  [501, undefined, 'never'],
  [413, undefined, 'split'],
  [408, undefined, 'backoff'],
  [429, undefined, 'backoff'],
  [502, 'soon', 'backoff'],
  [503, '-1', 'backoff'],
  [503, '', 'backoff'],
  [503, '3', 3000],
  [503, '86400', 86_400_000],
  [503, longDate, 'about an hour'],
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
    if (retry === 'about an hour')
      assert.ok(Number(result.retry) > 3_500_000 && Number(result.retry) <= 3_600_000);
    else assert.equal(result.retry, retry);
    assert.equal(result.error.statusCode, status);
    assert.match(result.error.message, new RegExp(`^HTTP ${status} `));
  });
}

/** A `google.rpc.Status` with a message, and a detail that has to be skipped. */
function rpcStatus(message: string): Buffer {
  const text = Buffer.from(message);
  const length = [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Buffer.concat([Buffer.from([0x08, 3, 0x12, ...length]), text, Buffer.from([0x1a, 2, 0x0a, 0])]);
}

const longText = 'x'.repeat(300);
for (const [title, contentType, body, reason] of [
  ['protocol buffers', 'application/x-protobuf', rpcStatus('unknown tenant'), 'unknown tenant'],
  ['JSON', 'Application/JSON; charset=utf-8', '{"code":3,"message":"unknown tenant"}', 'unknown tenant'],
  ['plain text', 'text/plain; charset=utf-8', 'unknown tenant\n', 'unknown tenant'],
  ['no type', undefined, 'unknown tenant', 'unknown tenant'],
  ['control characters', 'text/plain', 'a\r\nsonde: \u001b[2Jforged', 'a\\r\\nsonde: \\x1b[2Jforged'],
  ['a long text', 'application/x-protobuf', rpcStatus(longText), longText.slice(0, 200)],
  ['malformed protocol buffers', 'application/x-protobuf', 'unknown tenant', ''],
  ['JSON of another shape', 'application/json', '[null]', ''],
  ['JSON without an object', 'application/json', 'null', ''],
  ['HTML', 'text/html', '<h1>Bad Request</h1>', ''],
] as const) {
  test(`the reason of a rejection: ${title}`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      if (contentType !== undefined) response.setHeader('content-type', contentType);
      response.writeHead(400).end(body);
    });
    const result = await post(request(server.url), { agent: server.agent, signal, unref: false });
    assert.ok('error' in result);
    assert.equal(
      result.error.message,
      reason === '' ? 'HTTP 400 Bad Request' : `HTTP 400 Bad Request: ${reason}`,
    );
  });
}

const mebibyte = Buffer.alloc(1024 * 1024);
test('a response of up to 4 MiB is read', async () => {
  await using server = await serve((incoming, response) => {
    incoming.resume();
    for (let count = 0; count < 4; count++) response.write(mebibyte);
    response.end();
  });
  const result = await post(request(server.url), { agent: server.agent, signal, unref: false });
  assert.ok('body' in result);
  assert.equal(result.body.length, 4 * mebibyte.length);
});

for (const [title, status, write] of [
  ['too long', 200, (response) => void response.end(Buffer.alloc(4 * mebibyte.length + 1))],
  ['too long', 503, (response) => void response.end(Buffer.alloc(4 * mebibyte.length + 1))],
  ['cut off', 200, (response) => void response.write('{', () => response.destroy())],
  ['cut off', 503, (response) => void response.write('{', () => response.destroy())],
] as const satisfies readonly (readonly [string, number, (response: ServerResponse) => void])[]) {
  test(`a response that is ${title} counts by its status, ${status}`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      response.writeHead(status);
      write(response);
    });
    const result = await post(request(server.url), { agent: server.agent, signal, unref: false });
    if (status === 200) assert.deepEqual(result, { body: Buffer.alloc(0), contentType: '' });
    else assert.ok('error' in result && result.retry === 'backoff' && result.error.statusCode === status);
  });
}

test('a response that does not end counts by its status when the request is aborted', async () => {
  const controller = new AbortController();
  await using server = await serve((incoming, response) => {
    incoming.resume();
    response
      .writeHead(200)
      .write('{', () => controller.abort(new OtlpExportError('SONDE_OTLP_TIMEOUT', 'stop')));
  });
  const { agent } = server;
  agent.on('free', () => assert.fail('the connection is not used again'));
  const result = await post(request(server.url), { agent, signal: controller.signal, unref: false });
  // The response may be aborted before its head has arrived.
  assert.ok('body' in result || result.error.code === 'SONDE_OTLP_TIMEOUT');
});

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
