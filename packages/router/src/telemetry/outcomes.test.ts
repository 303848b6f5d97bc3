import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { SpanStatusCode } from '@opentelemetry/api';
import express from 'express';
import { createRouter } from '../index.ts';
import { sse } from '../sse.ts';
import { Sdk } from '../testkit/sdk.ts';
import { exchange, open } from '../testkit/wire.ts';

const sdk = new Sdk();
const outcome = async (): Promise<unknown[]> => {
  const [span] = await sdk.spans();
  const { attributes, status } = span ?? assert.fail();
  return [attributes['http.response.status_code'], attributes['error.type'], status.code];
};

test('a request that the server cuts at the end of its grace period is no disconnect of the client', async () => {
  const started = new EventEmitter();
  const server = await createRouter()
    .get('/', () => {
      started.emit('request');
      return new Promise(() => {});
    })
    .listen();
  const isStarted = once(started, 'request');
  const lost = exchange(server.port, 'GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  await isStarted;
  await server.close({ gracePeriodMs: 100 });
  await lost;
  assert.deepEqual(await outcome(), [undefined, 'server_shutdown', SpanStatusCode.ERROR]);
});

test('a request that does not arrive in time has the status that Node.js sent, and is no error', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .post('/', (c) => c.text())
    .listen({ requestTimeoutMs: 100, headersTimeoutMs: 100 });
  const raw = await exchange(server.port, 'POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab');
  assert.match(raw, /^HTTP\/1\.1 408 /);
  assert.deepEqual(await outcome(), [408, undefined, SpanStatusCode.UNSET]);
  assert.equal(mock.callCount(), 0);
});

test('an event stream that the client closes is complete, and an upload that it aborts is not', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .get('/', () =>
      sse(
        (async function* () {
          yield 'a';
          await new Promise(() => {});
        })(),
      ),
    )
    .post('/', (c) => c.json())
    .listen();
  const source = new AbortController();
  const { body } = await fetch(server.url, { signal: source.signal });
  await body?.getReader().read();
  source.abort();
  assert.deepEqual(await outcome(), [200, undefined, SpanStatusCode.UNSET]);

  const upload = await open(server.port);
  upload.end('POST / HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{');
  await once(upload.resume(), 'close');
  assert.deepEqual(await outcome(), [undefined, 'client_disconnect', SpanStatusCode.ERROR]);
  assert.equal(mock.callCount(), 0);
});

test('http.route has the names of the parameters of the Express path that mounts the router', async () => {
  const api = createRouter().get('/users/:id', (c) => c.params.id);
  const app = express().use('/tenants/:tenant/v1', api.handler);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  for (const tenant of ['v1', 'caf%C3%A9', ...Array.from({ length: 40 }, (_, index) => `t${index}`)]) {
    const response = await fetch(`http://127.0.0.1:${port}/tenants/${tenant}/v1/users/7`);
    assert.equal(await response.text(), '7');
  }
  const routes = (await sdk.spans(42)).map(({ attributes }) => attributes['http.route']);
  server.closeAllConnections();
  server.close();
  assert.deepEqual([...new Set(routes)], ['/tenants/:tenant/v1/users/:id']);
});
