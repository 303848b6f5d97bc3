// With the real @opentelemetry/instrumentation-http, which must be loaded before node:http is used.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as Http from 'node:http';
import { test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { metrics, SpanKind, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { createRouter, type Router } from './index.ts';
import { Sdk } from './testkit/sdk.ts';
import { ask } from './testkit/wire.ts';

const sdk = new Sdk();
const instrumentation = new HttpInstrumentation();
instrumentation.setTracerProvider(trace.getTracerProvider());
instrumentation.setMeterProvider(metrics.getMeterProvider());
const http = createRequire(import.meta.url)('node:http') as typeof Http;

const app = (): Router =>
  createRouter()
    .get('/users/:id', (c) => c.params.id)
    .get('/boom', () => {
      throw new RangeError('no');
    });

async function listening(server: Http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const durations = async (): Promise<number> =>
  (await sdk.points('http.server.request.duration')).reduce((sum, { value }) => sum + value, 0);

test('its own server is not traced a second time', async () => {
  await using server = await app().listen();
  await ask(server.port, 'GET /users/1');
  const spans = await sdk.spans();
  assert.deepEqual(
    spans.map(({ name, instrumentationScope }) => [name, instrumentationScope.name]),
    [['GET /users/:id', '@sonde/router']],
  );
  assert.equal(await durations(), 1);
});

test('a server passed by the application is not traced a second time', async () => {
  await using server = await app().listen({ server: http.createServer() });
  await ask(server.port, 'GET /users/1');
  assert.equal((await sdk.spans()).length, 1);
});

test('inside a traced server it sets the route: no second span, no second duration', async () => {
  const before = await durations();
  const server = http.createServer(app().handler);
  const port = await listening(server);
  await ask(port, 'GET /users/1');
  const spans = await sdk.spans();
  assert.equal(spans.length, 1);
  const [span] = spans;
  assert.equal(span?.name, 'GET /users/:id');
  assert.equal(span.kind, SpanKind.SERVER);
  assert.equal(span.attributes['http.route'], '/users/:id');
  assert.equal(span.instrumentationScope.name, '@opentelemetry/instrumentation-http');
  assert.equal(await durations(), before + 1);
  server.close();
});

test('inside a traced server an exception is recorded on its span, once', async (t) => {
  t.mock.method(console, 'error', () => {});
  const server = http.createServer(app().handler);
  const port = await listening(server);
  await ask(port, 'GET /boom');
  const [span] = await sdk.spans();
  assert.deepEqual(
    span?.events.map(({ attributes }) => attributes?.['exception.message']),
    ['no'],
  );
  server.close();
});

test('fetch inside a traced request enriches it, too', async () => {
  const inner = app();
  const server = http.createServer((req, res) => {
    void inner
      .fetch(new Request(`http://test${req.url}`))
      .then(async (response) => res.end(await response.text()));
  });
  const port = await listening(server);
  await ask(port, 'GET /users/1');
  const spans = await sdk.spans();
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['GET /users/:id'],
  );
  server.close();
});
