import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  exceptionAttributes,
  createLogs,
  toSpanId,
  toTraceId,
  createTraces,
} from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';
import { Page } from './page.ts';

/** Asks with headers that `fetch` does not let one set. */
async function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; body: string; headers: Json }> {
  const [response] = await once(get(url, { headers }), 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, body, headers: response.headers };
}

test('another host, another origin and a page of another site are refused', async () => {
  await using viewer = await TestViewer.start();
  const url = `${viewer.url}/api/status`;
  const { host } = new URL(viewer.url);
  const table: readonly (readonly [headers: Record<string, string>, status: number, code?: string])[] = [
    [{}, 200],
    [{ host: 'evil.example' }, 403, 'FORBIDDEN_HOST'],
    [{ host: `evil.example:${new URL(viewer.url).port}` }, 403, 'FORBIDDEN_HOST'],
    [{ host: 'localhost.evil.example' }, 403, 'FORBIDDEN_HOST'],
    [{ host: '127.0.0.1:1' }, 200],
    [{ host: '[::1]:1' }, 200],
    [{ origin: 'http://evil.example' }, 403, 'FORBIDDEN_ORIGIN'],
    [{ origin: 'null' }, 403, 'FORBIDDEN_ORIGIN'],
    [{ origin: 'http://localhost:3000' }, 403, 'FORBIDDEN_ORIGIN'],
    [{ origin: `http://${host}` }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403, 'FORBIDDEN_ORIGIN'],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
  ];
  for (const [headers, status, code] of table) {
    const answer = await ask(url, headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    if (code !== undefined) assert.equal(JSON.parse(answer.body).code, code, JSON.stringify(headers));
  }
});

test('every answer has the policy that keeps the page to itself', async () => {
  await using viewer = await TestViewer.start();
  for (const path of ['/', '/api/status', '/traces/1', '/api/nothing']) {
    const { headers } = await viewer.fetch(path);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
});

test('the files of the page are served, compressed and cached by their names; other paths are the page', async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-page-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const page = new Page(directory);
  const server = createServer((request, response) => void page.handle(request, response)).listen(
    0,
    '127.0.0.1',
  );
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.match(await (await fetch(url)).text(), /The page is not built/);
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<title>page</title>');
  await writeFile(join(directory, 'assets/main-1a2b.js'), `const text = "${'x'.repeat(2000)}";`);
  const script = await fetch(`${url}/assets/main-1a2b.js`);
  assert.deepEqual(
    ['content-type', 'cache-control', 'content-encoding'].map((name) => script.headers.get(name)),
    ['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable', 'gzip'],
  );
  for (const path of ['/', '/traces/abc?q=1', '/assets/none.js', '/../../etc/passwd', '/%2e%2e/etc/passwd']) {
    const response = await fetch(`${url}${path}`);
    assert.equal(await response.text(), '<title>page</title>', path);
  }
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
});

test('source lines are shown of files that threw below the directory, and of no other', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-source-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'app'));
  const file = join(directory, 'app', 'price.js');
  await writeFile(file, Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join('\n'));
  await writeFile(join(directory, 'secret'), 'secret');
  await using viewer = await TestViewer.start({ sourceDirectory: join(directory, 'app') });
  const source = (path: string): Promise<Response> =>
    viewer.fetch('/api/source', { file: path, line: 14, context: 2 });
  assert.equal((await source(file)).status, 404);
  const secret = join(directory, 'secret');
  const attributes = exceptionAttributes('Error', 'x', [`price (${file}:14:3)`, `leak (${secret}:1:1)`]);
  await viewer.send('logs', createLogs([{ body: 'failed', attributes }]));
  const shown = (await (await source(file)).json()) as Json;
  assert.deepEqual([shown.from, shown.lines], [12, ['line 12', 'line 13', 'line 14', 'line 15', 'line 16']]);
  for (const path of [secret, `${directory}/app/../secret`, '/etc/passwd', 'price.js', '']) {
    assert.equal((await source(path)).status, 404, path);
  }
});

test('hostile telemetry breaks neither ingestion nor the API', async () => {
  await using viewer = await TestViewer.start();
  const script = '<script>alert(1)</script>';
  const long = 'ä'.repeat(1024 * 1024);
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, index]));
  await viewer.send(
    'traces',
    createTraces([
      {
        trace: 1,
        span: 1,
        name: script,
        kind: 2,
        attributes: { [script]: script, ['__proto__']: 'x', 'a\'b"c$.[0]': 1, 'http.route': script },
      },
      { trace: 1, span: 2, parent: 1, name: long, attributes: { long } },
      { trace: 1, span: 3, parent: 3, attributes: many },
      { trace: 1, span: 4, parent: 5 },
      { trace: 1, span: 5, parent: 4, kind: 99, start: -1e12, end: 1e12 },
      { trace: 1, span: 1, name: 'the same id' },
    ]),
  );
  await viewer.send(
    'logs',
    createLogs([
      {
        body: `${script}\u0000\u001b[31m`,
        attributes: exceptionAttributes(script, long, [`${'('.repeat(5000)}:1:1`]),
        trace: 1,
      },
    ]),
  );
  for (const wrong of [
    null,
    7,
    [],
    { resourceSpans: 7 },
    {
      resourceSpans: [
        { scopeSpans: [{ spans: [null, 7, { attributes: [null, 1, { key: 5, value: [] }] }] }] },
      ],
    },
  ]) {
    await viewer.send('traces', wrong as unknown as object);
  }
  const trace = await viewer.get(`/api/traces/${toTraceId(1)}`);
  assert.equal(trace.spans.length, 6);
  const { span } = await viewer.get(`/api/traces/${toTraceId(1)}/spans/${toSpanId(3)}`);
  assert.deepEqual([Object.keys(span.attributes).length, span.droppedAttributes], [512, 100_000 - 512]);
  const second = await viewer.get(`/api/traces/${toTraceId(1)}/spans/${toSpanId(2)}`);
  assert.match(second.span.attributes.long, /^ä{65536}…\[cut: 1048576 characters\]$/);
  const first = await viewer.get(`/api/traces/${toTraceId(1)}/spans/${toSpanId(1)}`);
  assert.equal(first.span.attributes[script], script);
  assert.equal(JSON.stringify(first.span.attributes).includes('"__proto__":"x"'), true);
  for (const path of [
    '/api/routes',
    '/api/requests',
    '/api/traces',
    '/api/logs',
    '/api/errors',
    '/api/services',
    '/api/health',
    '/api/metrics',
    '/api/attributes',
  ]) {
    await viewer.get(path);
  }
  assert.equal((await viewer.get('/api/requests', { q: `"a'b\\"c$.[0]"=1` })).items.length, 1);
  const exported = await (await viewer.fetch('/api/export')).text();
  assert.ok(exported.split('\n').length >= 2);
});

test('a value that is nested too deeply is cut, however it is encoded', async () => {
  await using viewer = await TestViewer.start();
  const request = createTraces([{ trace: 1, span: 1, kind: 2 }]);
  const text = JSON.stringify(request).replace(
    '"attributes":[],"status"',
    () => `"attributes":[{"key":"deep","value":${deepText(5000)}}],"status"`,
  );
  const response = await fetch(`${viewer.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  assert.equal(response.status, 200);
  await viewer.server.session.store.flush();
  const { span } = await viewer.get(`/api/traces/${toTraceId(1)}/spans/${toSpanId(1)}`);
  assert.ok(JSON.stringify(span.attributes.deep).length < 100);
});

function deepText(depth: number): string {
  return `${'{"arrayValue":{"values":['.repeat(depth)}{"stringValue":"end"}${']}}'.repeat(depth)}`;
}
