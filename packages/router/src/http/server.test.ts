import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, constants, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { createRouter } from '../index.ts';
import { Sdk } from '../testkit/sdk.ts';
import { ask, exchange, open, readStatus } from '../testkit/wire.ts';

test('listens on the loopback interface on a free port, and can be closed twice', async () => {
  const server = await createRouter()
    .get('/', () => 'ok')
    .listen();
  assert.equal(server.url, `http://127.0.0.1:${server.port}`);
  assert.equal(await (await fetch(server.url)).text(), 'ok');
  await server.close();
  await server.close();
  await assert.rejects(fetch(server.url));
});

test('an unavailable port rejects with host and port', async () => {
  await using server = await createRouter().listen();
  await assert.rejects(createRouter().listen({ port: server.port }), {
    code: 'SONDE_LISTEN',
    message: `Cannot listen on 127.0.0.1:${server.port}: EADDRINUSE`,
  });
  await assert.rejects(createRouter().listen({ port: 65_536 }), { code: 'SONDE_LISTEN' });
  await assert.rejects(createRouter().listen({ port: -1 }), { code: 'SONDE_ROUTER_OPTION' });
});

test('close completes active requests with connection: close, and accepts no new ones', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<string>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const server = await createRouter()
    .get('/held', () => {
      reach();
      return held;
    })
    .listen();
  const idle = await open(server.port);
  const socket = await open(server.port);
  socket.write('GET /held HTTP/1.1\r\nHost: t\r\n\r\n');
  await reached;
  const closed = server.close();
  await once(idle.resume(), 'close');
  await assert.rejects(fetch(server.url));
  release('done');
  assert.match(await text(socket), /connection: close[^]*done$/i);
  await closed;
});

test('close ends remaining connections after the grace period', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const server = await createRouter()
    .get('/', () => {
      reach();
      return new Promise<string>(() => {});
    })
    .listen();
  const answer = exchange(server.port, 'GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  await reached;
  await server.close({ gracePeriodMs: 1 });
  assert.equal(await answer, '');
});

test('a stream that is active at close does not delay it after its end', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const server = await createRouter()
    .get('/', async function* () {
      yield 'a';
      await held;
      yield 'b';
    })
    .listen();
  const socket = await open(server.port);
  socket.write('GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  await once(socket, 'data');
  const closed = server.close();
  release();
  assert.match(await text(socket), /b\r\n0\r\n\r\n$/);
  await closed;
});

test('readiness fails first, while requests are still served', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<string>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const server = await createRouter()
    .get('/', () => 'ok')
    .get('/held', () => {
      reach();
      return held;
    })
    .listen({ readyz: true });
  assert.equal((await fetch(`${server.url}/readyz`)).status, 204);
  const last = fetch(`${server.url}/held`);
  await reached;
  const closed = server.close({ drainDelayMs: 300 });
  const probe = await fetch(`${server.url}/readyz`);
  assert.equal(probe.status, 503);
  assert.equal(probe.headers.get('content-type'), 'application/problem+json');
  assert.equal((await fetch(server.url)).status, 200);
  release('done');
  assert.equal(await (await last).text(), 'done');
  await closed;
});

test('without readyz there is no such path', async () => {
  await using server = await createRouter().listen();
  assert.equal(readStatus(await ask(server.port, 'GET /readyz')), 404);
});

test('Node.js answers malformed requests itself', async () => {
  await using server = await createRouter().listen({ requestTimeoutMs: 50, headersTimeoutMs: 50 });
  assert.equal(
    readStatus(await exchange(server.port, `GET / HTTP/1.1\r\nHost: t\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)),
    431,
  );
  assert.equal(readStatus(await exchange(server.port, 'nonsense\r\n\r\n')), 400);
  assert.equal(readStatus(await exchange(server.port, 'GET / HTTP/1.1\r\nHost: t\r\n')), 408);
});

/** A key and a certificate for localhost, made by openssl. */
function certificate(t: TestContext): { key: Buffer; cert: Buffer } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-router-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost`;
  try {
    execFileSync('openssl', [...made.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    t.skip('openssl is not installed');
    return undefined;
  }
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

test('an https server can be passed', async (t) => {
  const pair = certificate(t);
  if (pair === undefined) return;
  await using server = await createRouter()
    .get('/', (c) => c.url.protocol)
    .listen({ server: createHttpsServer(pair) });
  const [response] = await once(get(server.url, { rejectUnauthorized: false, agent: false }), 'response');
  assert.equal(await text(response), 'https:');
});

test('an http2 server in compatibility mode can be passed', async (t) => {
  const pair = certificate(t);
  if (pair === undefined) return;
  const server = await createRouter({ bodyLimitBytes: 2 })
    .get('/json', (c) => ({ host: c.url.hostname }))
    .get('/stream', async function* () {
      yield 'a';
      yield 'b';
    })
    .get('/endless', async function* () {
      for (;;) yield 'x'.repeat(65_536);
    })
    .post('/text', (c) => c.text())
    .listen({ server: createSecureServer({ ...pair, allowHTTP1: true }) });
  const sdk = new Sdk();
  const session = connectHttp2(server.url, { rejectUnauthorized: false });
  const request = async (path: string, body?: string): Promise<unknown[]> => {
    const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' });
    stream.end(body);
    const [[headers], answer] = await Promise.all([once(stream, 'response'), text(stream)]);
    return [headers[':status'], answer];
  };
  assert.deepEqual(await request('/json'), [200, '{"host":"127.0.0.1"}']);
  assert.deepEqual(await request('/stream'), [200, 'ab']);
  assert.deepEqual(await request('/text', 'ab'), [200, 'ab']);
  assert.equal((await request('/text', 'abc'))[0], 413);
  assert.equal((await request('/nope'))[0], 404);
  const outcomes = (await sdk.spans(5)).map(({ attributes }) => [
    attributes['http.response.status_code'],
    attributes['error.type'],
    attributes['network.protocol.version'],
  ]);
  assert.deepEqual(
    outcomes.toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [200, undefined, '2.0'],
      [200, undefined, '2.0'],
      [200, undefined, '2.0'],
      [404, undefined, '2.0'],
      [413, undefined, '2.0'],
    ],
  );
  const broken = session.request({ ':path': '/endless' });
  await once(broken, 'data');
  broken.close(constants.NGHTTP2_CANCEL);
  assert.equal((await sdk.spans())[0]?.attributes['error.type'], 'client_disconnect');
  await server.close();
  assert.ok(session.closed);
});
