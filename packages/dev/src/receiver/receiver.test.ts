import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createLogs, toTraceId, createTraces } from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';
import { findPortOwner } from './port-owner.ts';

/** Posts bytes with `node:http`, which sets a host of one's choice. */
async function post(
  url: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number | undefined; headers: Json; body: Buffer }> {
  const request = httpRequest(url, { method: 'POST', headers });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

const json = { 'content-type': 'application/json' };
const span = { trace: 1, span: 1, name: 'work' };

test('a compressed request is received over both loopback families', async () => {
  await using viewer = await TestViewer.start();
  const { port } = new URL(viewer.otlpUrl);
  for (const [index, host] of ['127.0.0.1', '[::1]'].entries()) {
    const body = gzipSync(JSON.stringify(createTraces([{ ...span, span: index + 1 }])));
    const answer = await post(`http://${host}:${port}/v1/traces`, body, {
      ...json,
      'content-encoding': 'gzip',
    });
    assert.deepEqual([answer.status, String(answer.body)], [200, '{}']);
  }
  await viewer.server.session.store.flush();
  assert.equal((await viewer.get('/api/status')).store.spans, 2);
});

test('spans without valid ids are refused and counted, the others are kept', async () => {
  await using viewer = await TestViewer.start();
  const request = createTraces([span, { ...span, span: 0 }, { ...span, trace: 0, span: 3 }]);
  const { partialSuccess } = await viewer.send('traces', request);
  assert.equal(partialSuccess.rejectedSpans, '2');
  assert.match(partialSuccess.errorMessage, /span "work": span_id is invalid/);
  const { store } = await viewer.get('/api/status');
  assert.deepEqual([store.spans, store.rejected.spans], [1, 2]);
});

test('invalid OTLP is answered with the reason, and nothing of it is stored', async () => {
  await using viewer = await TestViewer.start();
  const url = `${viewer.otlpUrl}/v1/traces`;
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const table: readonly (readonly [
    url: string,
    body: Uint8Array | string,
    headers: Record<string, string>,
    status: number,
    detail: RegExp,
  ])[] = [
    [url, '{', json, 400, /not valid OTLP json/],
    [url, Buffer.from('ffffffff', 'hex'), protobuf, 400, /not valid OTLP protobuf/],
    [
      url,
      '{}',
      { 'content-type': 'text/plain' },
      415,
      /text\/plain\\" is not known; expected application\/x-protobuf/,
    ],
    [url, '{}', { ...json, 'content-encoding': 'snappy' }, 415, /snappy\\" is not known/],
    [url, 'no gzip', { ...json, 'content-encoding': 'gzip' }, 400, /the body is not gzip/],
    [
      `${viewer.otlpUrl}/v1/trace`,
      '{}',
      json,
      404,
      /\/v1\/trace\\" is no path of OTLP; expected \/v1\/traces/,
    ],
    [
      url,
      gzipSync(Buffer.alloc(65 * 1024 * 1024)),
      { ...json, 'content-encoding': 'gzip' },
      413,
      /larger than 67108864 bytes/,
    ],
  ];
  for (const [to, body, headers, status, detail] of table) {
    const answer = await post(to, body, headers);
    assert.equal(answer.status, status, String(detail));
    assert.match(String(answer.body), detail);
  }
  assert.equal((await viewer.get('/api/status')).store.spans, 0);
  assert.equal((await viewer.get('/api/health')).receiver.http.errors, table.length);
});

test('pages of this machine may send, those of other origins and other hosts may not', async () => {
  await using viewer = await TestViewer.start();
  const url = `${viewer.otlpUrl}/v1/logs`;
  const body = JSON.stringify(createLogs([{ body: 'from a page' }]));
  const local = await post(url, body, { ...json, origin: 'http://localhost:3000' });
  assert.deepEqual(
    [local.status, local.headers['access-control-allow-origin']],
    [200, 'http://localhost:3000'],
  );
  const foreign = await post(url, body, { ...json, origin: 'http://evil.example' });
  assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [403, undefined]);
  assert.equal((await post(url, body, { ...json, host: 'evil.example' })).status, 403);
});

test('a taken port is named with its owner, and another one is taken', async (t: TestContext) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await using viewer = await TestViewer.start({ otlpPort: port });
  const { http } = (await viewer.get('/api/status')).listeners;
  assert.equal(http.wanted, port);
  assert.notEqual(http.port, port);
  const owner = await findPortOwner(port);
  if (process.platform === 'linux') assert.match(owner ?? '', new RegExp(`\\(pid ${process.pid}\\)$`));
  assert.equal(http.takenBy, owner ?? 'another process');
});

test('beyond loopback nothing is reached without the token', async () => {
  await using viewer = await TestViewer.start({ host: '0.0.0.0' });
  const { token } = viewer.server;
  const { port } = viewer.server.session.servers.viewer ?? { port: 0 };
  const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status;
  assert.equal(await status('/api/status'), 401);
  assert.equal(await status('/api/status', { authorization: 'Bearer wrong' }), 401);
  assert.equal(await status('/api/status', { authorization: `Bearer ${token}` }), 200);
  const page = await fetch(`http://127.0.0.1:${port}/?token=${token}`);
  const cookie = page.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.equal(await status('/api/status', { cookie: cookie.split(';')[0] ?? '' }), 200);
  const otlp = `http://127.0.0.1:${viewer.server.session.servers.http?.port}/v1/traces`;
  const body = JSON.stringify(createTraces([span]));
  assert.equal((await post(otlp, body, json)).status, 401);
  assert.equal((await post(otlp, body, { ...json, authorization: `Bearer ${token}` })).status, 200);
});

test('a snapshot of open spans is shown until they end, or their process says no more', async () => {
  await using viewer = await TestViewer.start();
  const open = {
    trace: 7,
    span: 1,
    name: 'GET /reports/:year',
    kind: 2,
    start: -1000,
    attributes: { 'http.route': '/reports/:year', 'http.request.method': 'GET' },
  };
  const snapshot = async (request: object): Promise<void> => {
    const url = `${viewer.otlpUrl}/v1development/open-spans`;
    assert.equal((await post(url, JSON.stringify(request), json)).status, 200);
  };
  await snapshot(createTraces([open, { trace: 7, span: 2, parent: 1 }]));
  const { count, items } = await viewer.get('/api/requests/open');
  assert.equal(count, 1);
  assert.deepEqual([items[0].traceId, items[0].route, items[0].spans], [toTraceId(7), '/reports/:year', 2]);
  assert.ok(items[0].elapsedMs >= 1000);
  await viewer.send('traces', createTraces([{ ...open, trace: 6 }]));
  const { items: routes } = await viewer.get('/api/routes');
  assert.deepEqual([routes[0].route, routes[0].open], ['/reports/:year', 1]);
  await viewer.send('traces', createTraces([open]));
  assert.equal((await viewer.get('/api/requests/open')).count, 0);
  await snapshot(createTraces([{ ...open, trace: 8 }]));
  assert.equal((await viewer.get('/api/requests/open')).count, 1);
  await snapshot(createTraces([]));
  assert.equal((await viewer.get('/api/requests/open')).count, 0);
});

test('a snapshot of open spans that is overtaken by a newer one is ignored', async () => {
  await using viewer = await TestViewer.start();
  const open = { trace: 9, span: 1, kind: 2 };
  const count = async (process: string, sequence: number, request: object): Promise<number> => {
    const body = JSON.stringify({ process, sequence, ...request });
    assert.equal((await post(`${viewer.otlpUrl}/v1development/open-spans`, body, json)).status, 200);
    return (await viewer.get('/api/requests/open')).count;
  };
  assert.equal(await count('1', 2, createTraces([open])), 1);
  assert.equal(await count('1', 3, createTraces([])), 0);
  assert.equal(await count('1', 1, createTraces([open])), 0, 'older than the empty one');
  assert.equal(await count('2', 1, createTraces([{ ...open, trace: 10 }])), 1, 'another process');
});
