import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { SpanStatusCode } from '@opentelemetry/api';
import { createRouter, problem } from './index.ts';
import { sse } from './sse.ts';
import { timeout } from './timeout.ts';
import { Sdk } from './testkit/sdk.ts';

const sdk = new Sdk();

test('a handler that exceeds its time limit is 503, its signal aborts, and the span has the reason', async () => {
  let reason: unknown;
  await using server = await createRouter()
    .get('/slow', timeout(20), async (c) => {
      await once(c.signal, 'abort');
      reason = c.signal.aborted;
      throw new Error('too late');
    })
    .get('/fast', timeout(10_000), () => 'ok')
    .get('/refused', timeout(10_000), () => problem(401))
    .listen();
  const slow = await fetch(`${server.url}/slow`);
  assert.equal(slow.status, 503);
  assert.equal(((await slow.json()) as { detail: string }).detail, 'No response within 20 ms');
  assert.equal(reason, true);
  const [span] = await sdk.spans();
  assert.equal(span?.attributes['error.type'], '503');
  assert.equal(span.status.code, SpanStatusCode.ERROR);
  assert.equal(await (await fetch(`${server.url}/fast`)).text(), 'ok');
  assert.equal((await fetch(`${server.url}/refused`)).status, 401);
  for (const invalid of [0, -1, 1.5, 2 ** 31, '1' as never]) {
    assert.throws(() => timeout(invalid), { code: 'SONDE_ROUTER_OPTION' });
  }
});

test('all registers every method, and onNotFound responds to unknown paths only', async () => {
  const app = createRouter({ onNotFound: (c) => problem(404, `Nothing at ${c.path}`) })
    .all('/any', (c) => c.method)
    .get('/got', () => 'ok');
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    assert.equal(await (await app.fetch(new Request('http://test/any', { method }))).text(), method);
  }
  const missing = await app.fetch(new Request('http://test/x'));
  assert.equal(((await missing.json()) as { detail: string }).detail, 'Nothing at /x');
  assert.equal((await app.fetch(new Request('http://test/got', { method: 'PUT' }))).status, 405);
});

test('c.client is the address of the connection, or of the client of a trusted proxy', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  for (const trustProxy of [false, 1]) {
    await using server = await createRouter({ trustProxy })
      .get('/', (c) => c.client)
      .listen();
    const { address, port } = (await (await fetch(server.url, { headers })).json()) as Record<
      string,
      unknown
    >;
    assert.equal(address, trustProxy === 1 ? '203.0.113.9' : '127.0.0.1');
    assert.equal(typeof port, trustProxy === 1 ? 'undefined' : 'number');
  }
});

test('a server listens on a Unix socket', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 's.sock');
  const app = createRouter().get('/', (c) => ({ url: c.url.href, client: c.client }));
  await using server = await app.listen({ path });
  assert.equal(server.url, `unix:${path}`);
  const sent = request({ socketPath: path, path: '/', headers: { host: 'test' } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.deepEqual(JSON.parse(await text(response)), { url: 'http://test/', client: {} });
  await assert.rejects(createRouter().listen({ path }), {
    code: 'SONDE_LISTEN',
    message: /s\.sock: EADDRINUSE/,
  });
});

test('an event stream has comments and heartbeats, and loses no event and no error to them', async (t) => {
  t.mock.method(console, 'error', () => {});
  const release = Promise.withResolvers<void>();
  const received = Promise.withResolvers<void>();
  async function* events() {
    yield { comment: 'two\nlines' };
    await release.promise;
    yield { id: '7', event: 'e', data: 'late' };
    await received.promise;
    throw new Error('broken');
  }
  await using server = await createRouter()
    .get('/', (c) => {
      c.header('x-last', String(c.headers['last-event-id']));
      return sse(events(), { heartbeatMs: 5 });
    })
    .listen();
  const response = await fetch(server.url, { headers: { 'last-event-id': '6' } });
  assert.equal(response.headers.get('x-last'), '6');
  assert.equal(response.headers.get('x-accel-buffering'), 'no');
  let content = '';
  const read = async (): Promise<void> => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      content += chunk;
      if (content.includes('late')) received.resolve();
      if (content.endsWith(':\n\n:\n\n:\n\n')) release.resolve();
    }
  };
  await assert.rejects(read(), TypeError);
  assert.match(content, /^:\n\n: two\n: lines\n\n(:\n\n){3,}event: e\nid: 7\ndata: late\n\n$/);
  assert.throws(() => sse(events(), { heartbeatMs: -1 }), { code: 'SONDE_ROUTER_OPTION' });
});
