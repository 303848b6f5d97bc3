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
import { gunzipSync } from 'node:zlib';

import type { SendOutcome } from '../queue/transport.ts';
import { OtlpExportError } from './export-error.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import type { OtlpSettings } from './settings.ts';

/** Starts a server on a free port of the loopback address. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const body = Buffer.from('body');

/** Sends one request to a URL. */
async function send(
  url: string,
  {
    signal = new AbortController().signal,
    timeoutMs = Infinity,
    settings = {},
    ...options
  }: Partial<Omit<HttpTransportOptions, 'settings'>> & {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly settings?: Partial<OtlpSettings>;
  } = {},
): Promise<SendOutcome> {
  const transport = new HttpTransport({
    settings: { url: new URL(url), headers: {}, timeoutMs, compression: 'none', tls: {}, ...settings },
    encoding: 'protobuf',
    unref: false,
    ...options,
  });
  const { endpoint } = transport;
  const outcome = await transport.send(
    { signal: 'traces', endpoint, body, itemCount: 1 },
    { abortSignal: signal, timeoutMs },
  );
  transport.close();
  return outcome;
}

test('posts the body with its length and headers', async () => {
  const received = Promise.withResolvers<IncomingMessage>();
  await using server = await serve((incoming, response) => {
    incoming.resume();
    received.resolve(incoming);
    response.writeHead(202).end();
  });
  const outcome = await send(server.url, { settings: { headers: { 'x-tenant': 'a' } } });
  const { method, url, headers } = await received.promise;
  assert.deepEqual(
    [method, url, headers['content-length'], headers['x-tenant']],
    ['POST', '/v1/traces', '4', 'a'],
  );
  assert.deepEqual(outcome, { status: 'accepted', rejectedCount: 0, message: '' });
});

test('compresses the body', async () => {
  const received = Promise.withResolvers<Buffer>();
  await using server = await serve((incoming, response) => {
    assert.equal(incoming.headers['content-encoding'], 'gzip');
    void incoming.toArray().then((chunks) => {
      received.resolve(Buffer.concat(chunks as Buffer[]));
      response.end();
    });
  });
  assert.equal((await send(server.url, { settings: { compression: 'gzip' } })).status, 'accepted');
  assert.deepEqual(gunzipSync(await received.promise), body);
});

test('an agent of the application makes the connections', async () => {
  await using server = await serve((incoming, response) => {
    incoming.resume();
    response.end();
  });
  const agent = new Agent();
  let connections = 0;
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (...parameters) => {
    connections++;
    return createConnection(...parameters);
  };
  assert.equal((await send(server.url, { agent })).status, 'accepted');
  assert.equal(connections, 1);
});

const longDate = new Date(Date.now() + 3_600_000).toUTCString();
for (const [statusCode, retryAfter, status, retryAfterMs] of [
  [400, undefined, 'permanent'],
  [400, '3', 'permanent'],
  [401, undefined, 'unauthorized'],
  [403, undefined, 'unauthorized'],
  [302, undefined, 'permanent'],
  [500, undefined, 'permanent'],
  [501, undefined, 'permanent'],
  [413, undefined, 'too-large'],
  [408, undefined, 'retryable'],
  [429, undefined, 'retryable'],
  [502, 'soon', 'retryable'],
  [503, '-1', 'retryable'],
  [503, '', 'retryable'],
  [503, '3', 'retryable', 3000],
  [503, '86400', 'retryable', 86_400_000],
  [503, longDate, 'retryable', 3_600_000],
  [504, 'Thu, 01 Jan 1970 00:00:00 GMT', 'retryable', 0],
] as const) {
  test(`status ${statusCode} with Retry-After ${retryAfter} is ${status}`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      response.writeHead(statusCode).end();
    });
    const outcome = await send(server.url);
    assert.equal(outcome.status, status === 'unauthorized' ? 'retryable' : status);
    assert.ok('error' in outcome);
    assert.equal(outcome.error.code, 'SONDE_OTLP_REFUSED');
    assert.equal(outcome.error.statusCode, statusCode);
    assert.match(outcome.error.message, new RegExp(`^HTTP ${statusCode} `));
    if (outcome.status !== 'retryable') return;
    assert.equal(outcome.isUnauthorized, status === 'unauthorized' ? true : undefined);
    // A date is relative to now.
    if (retryAfter === longDate) assert.ok(Math.abs((outcome.retryAfterMs ?? 0) - 3_600_000) < 60_000);
    else assert.equal(outcome.retryAfterMs, retryAfterMs);
  });
}

/** A `google.rpc.Status` with a message, and a detail that has to be skipped. */
function rpcStatus(message: string): Buffer {
  const text = Buffer.from(message);
  const length = [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Buffer.concat([Buffer.from([0x08, 3, 0x12, ...length]), text, Buffer.from([0x1a, 2, 0x0a, 0])]);
}

const longText = 'x'.repeat(300);
for (const [title, contentType, response, reason] of [
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
    await using server = await serve((incoming, outgoing) => {
      incoming.resume();
      if (contentType !== undefined) outgoing.setHeader('content-type', contentType);
      outgoing.writeHead(400).end(response);
    });
    const outcome = await send(server.url);
    assert.ok(outcome.status === 'permanent');
    assert.equal(
      outcome.error.message,
      reason === '' ? 'HTTP 400 Bad Request' : `HTTP 400 Bad Request: ${reason}`,
    );
  });
}

const mebibyte = 1024 * 1024;
/** A partial success behind a field that pads the response to `size` bytes. */
function paddedPartialSuccess(size: number): Buffer {
  const partial = Buffer.from([0x0a, 2, 0x08, 7]);
  const length = size - partial.length - 5;
  const padding = Buffer.alloc(length);
  const bytes = [0, 7, 14, 21].map((shift) => ((length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
  return Buffer.concat([Buffer.from([0x1a, ...bytes]), padding, partial]);
}

for (const [size, rejectedCount] of [
  [4 * mebibyte, 7],
  [4 * mebibyte + 1, 0],
] as const) {
  test(`of a response of ${size} bytes, ${rejectedCount} rejected items are read`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      response.setHeader('content-type', 'application/x-protobuf').end(paddedPartialSuccess(size));
    });
    assert.deepEqual(await send(server.url), { status: 'accepted', rejectedCount, message: '' });
  });
}

for (const [title, status, write] of [
  ['too long', 200, (response) => void response.end(Buffer.alloc(4 * mebibyte + 1))],
  ['too long', 503, (response) => void response.end(Buffer.alloc(4 * mebibyte + 1))],
  ['cut off', 200, (response) => void response.write('{', () => response.destroy())],
  ['cut off', 503, (response) => void response.write('{', () => response.destroy())],
] as const satisfies readonly (readonly [string, number, (response: ServerResponse) => void])[]) {
  test(`a response that is ${title} counts by its status, ${status}`, async () => {
    await using server = await serve((incoming, response) => {
      incoming.resume();
      response.writeHead(status);
      write(response);
    });
    const outcome = await send(server.url);
    if (status === 200) assert.deepEqual(outcome, { status: 'accepted', rejectedCount: 0, message: '' });
    else assert.ok(outcome.status === 'retryable' && outcome.error.statusCode === status);
  });
}

test('a response that does not end counts by its status at the end of the attempt', async () => {
  await using server = await serve((incoming, response) => {
    incoming.resume();
    response.writeHead(200).write('{');
  });
  const outcome = await send(server.url, { timeoutMs: 300 });
  assert.deepEqual(outcome, { status: 'accepted', rejectedCount: 0, message: '' });
});

test('an abort ends the attempt with its reason', async () => {
  const controller = new AbortController();
  const reason = new OtlpExportError('SONDE_OTLP_ABORTED', 'stop');
  await using server = await serve(() => controller.abort(reason));
  const outcome = await send(server.url, { signal: controller.signal });
  assert.deepEqual(outcome, { status: 'retryable', error: reason });
  // Aborts before the attempt has begun.
  assert.deepEqual(await send(server.url, { signal: controller.signal }), outcome);
});

test('an attempt ends after its timeout', async () => {
  await using server = await serve(() => {});
  const outcome = await send(server.url, { timeoutMs: 50 });
  assert.ok(outcome.status === 'retryable');
  assert.equal(outcome.error.code, 'SONDE_OTLP_TIMEOUT');
  assert.equal(outcome.error.message, 'timed out after 50 ms');
});

test('an attempt without a connection is retryable', async () => {
  const outcome = await send('http://127.0.0.1:1/v1/traces');
  assert.ok(outcome.status === 'retryable');
  assert.equal(outcome.error.code, 'SONDE_OTLP_CONNECTION');
  assert.match(outcome.error.message, /ECONNREFUSED/);
});

test('a header that Node.js rejects is a permanent failure', async () => {
  const outcome = await send('http://127.0.0.1:1/', { settings: { headers: { 'x-a': 'line\nfeed' } } });
  assert.ok(outcome.status === 'permanent');
  assert.equal(outcome.error.code, 'SONDE_OTLP_CONNECTION');
});
