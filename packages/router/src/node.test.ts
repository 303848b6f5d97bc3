import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import express from 'express';
import { createRouter, problem } from './index.ts';
import { fromNode, type NodeMiddleware } from './node.ts';
import { Sdk } from './testkit/sdk.ts';
import { ask, readStatus } from './testkit/wire.ts';

const sdk = new Sdk();

test('static files come from a library, with ranges, 304 and no traversal', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a.txt'), 'hello world');
  const files = fromNode(express.static(folder) as NodeMiddleware);
  await using server = await createRouter()
    .use((c, next) => {
      c.header('x-own', '1');
      return next();
    })
    .get('/*path', files, () => problem(404))
    .listen();
  const whole = await fetch(`${server.url}/a.txt`);
  assert.equal(await whole.text(), 'hello world');
  assert.equal(whole.headers.get('x-own'), '1');
  const part = await fetch(`${server.url}/a.txt`, { headers: { range: 'bytes=6-' } });
  assert.deepEqual([part.status, await part.text()], [206, 'world']);
  const etag = whole.headers.get('etag') ?? '';
  assert.equal(readStatus(await ask(server.port, 'GET /a.txt', `If-None-Match: ${etag}`)), 304);
  assert.equal((await fetch(`${server.url}/none.txt`)).status, 404);
  for (const path of ['/../node.test.ts', '/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd']) {
    const status = readStatus(await ask(server.port, `GET ${path}`));
    assert.ok(status === 404 || status === 403, `${path} ${status}`);
  }
  const spans = await sdk.spans(7);
  assert.deepEqual(
    spans.slice(0, 4).map(({ attributes }) => attributes['http.response.status_code']),
    [200, 206, 304, 404],
  );
  assert.equal(spans[0]?.name, 'GET /*path');
});

test('a middleware sets fields and continues, responds itself, or fails', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .use(
      fromNode((req, res, next) => {
        res.setHeader('x-frame-options', 'DENY');
        req.url = '/rewritten';
        next(req.headers['x-fail'] ? new Error('refused') : undefined);
      }),
    )
    .get('/', (c) => ({ url: c.url.pathname }))
    .get(
      '/own',
      fromNode((_req, res) => res.writeHead(202).end('own')),
      () => 'never',
    )
    .get(
      '/throws',
      fromNode(() => Promise.reject(new Error('thrown'))),
      () => 'never',
    )
    .listen();
  const response = await fetch(server.url);
  assert.equal(response.headers.get('x-frame-options'), 'DENY');
  assert.deepEqual(await response.json(), { url: '/' });
  const own = await fetch(`${server.url}/own`);
  assert.deepEqual([own.status, await own.text()], [202, 'own']);
  assert.equal((await fetch(server.url, { headers: { 'x-fail': '1' } })).status, 500);
  assert.equal((await fetch(`${server.url}/throws`)).status, 500);
  assert.equal(mock.callCount(), 2);
  assert.throws(() => fromNode(undefined as never), { code: 'SONDE_ROUTER_OPTION' });
});
