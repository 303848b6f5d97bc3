import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { createRouter, type StandardSchema } from './index.ts';
import { ask, exchange } from './testkit/wire.ts';

const post = (
  contentType: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Request =>
  new Request('http://test/', { method: 'POST', headers: { 'content-type': contentType, ...headers }, body });

test('content types follow the grammar of RFC 9110', async () => {
  const json = createRouter().post('/', (c) => c.json());
  for (const accepted of [
    'application/json;',
    'application/json ; ;',
    'application/json; charset=utf8',
    'application/json;charset="UTF-8"',
    'application/json; charset=us-ascii',
    'application/ld+json; profile="a; charset=latin1"; x=1',
    'application/vnd.api+json; ext="\\"; charset=utf-16"',
  ]) {
    assert.equal((await json.fetch(post(accepted, '{}'))).status, 200, accepted);
  }
  for (const refused of [
    'application/json; charset=latin1',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset="utf-16"',
    'application/json, text/plain',
    'application/json x',
    'application/json; a',
    'application/json; a="b',
    'application/jsonx',
    'text/json+jsonx',
    '+json',
    `application/json;${' '.repeat(15_000)}x`,
  ]) {
    assert.equal((await json.fetch(post(refused, '{}'))).status, 415, refused.slice(0, 50));
  }
  const form = createRouter().post('/', async (c) => Object.fromEntries(await c.form()));
  const part = '--a;b\r\ncontent-disposition: form-data; name="n"\r\n\r\n1\r\n--a;b--\r\n';
  const response = await form.fetch(post('multipart/form-data; boundary="a;b"', part));
  assert.deepEqual(await response.json(), { n: '1' });
});

test('an empty JSON body is undefined for the schema, and a byte order mark is not part of a body', async () => {
  const optional = z.object({ a: z.number() }).optional();
  const app = createRouter()
    .post('/', { body: optional }, (c) => ({ isMissing: c.body === undefined }))
    .put('/', { body: z.object({}) }, () => 'never')
    .patch('/', (c) => c.json())
    .delete('/', (c) => c.text());
  assert.deepEqual(await (await app.fetch(post('application/json', ''))).json(), { isMissing: true });
  assert.equal((await app.fetch(post('text/plain', ''))).status, 415);
  const put = new Request(post('application/json', ''), { method: 'PUT' });
  const { errors } = (await (await app.fetch(put)).json()) as { errors: { in: string; pointer: string }[] };
  assert.deepEqual([errors[0]?.in, errors[0]?.pointer], ['body', '#']);
  const marked = (method: string): Request =>
    new Request(post('application/json', '\uFEFF{"a":1}'), { method });
  assert.deepEqual(await (await app.fetch(marked('PATCH'))).json(), { a: 1 });
  assert.equal(await (await app.fetch(marked('DELETE'))).text(), '{"a":1}');
});

test('coded bodies are decoded within the limit', async () => {
  const app = createRouter({ bodyLimitBytes: 1000 })
    .post('/', (c) => c.json())
    .put('/', (c) => new Response(c.stream()));
  const text = JSON.stringify({ a: 'b' });
  const codings: readonly [string, (bytes: string) => Uint8Array][] = [
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ];
  for (const [coding, compress] of codings) {
    const headers = { 'content-encoding': coding };
    const response = await app.fetch(post('application/json', compress(text), headers));
    assert.deepEqual(await response.json(), { a: 'b' }, coding);
    const bomb = await app.fetch(post('application/json', compress(' '.repeat(100_000)), headers));
    assert.equal(bomb.status, 413, coding);
    const half = compress(text).subarray(0, 8);
    assert.equal((await app.fetch(post('application/json', half, headers))).status, 400, coding);
    const streamed = new Request(post('application/json', compress(text), headers), { method: 'PUT' });
    assert.equal((await app.fetch(streamed)).status, 200, coding);
  }
  const plain = await app.fetch(post('application/json', text, { 'content-encoding': 'identity' }));
  assert.equal(plain.status, 200);
  for (const coding of ['compress', 'gzip, gzip', 'constructor']) {
    const refused = await app.fetch(post('application/json', text, { 'content-encoding': coding }));
    assert.equal(refused.status, 415, coding);
    assert.match(refused.headers.get('accept-encoding') ?? '', /^gzip, .*zstd$/);
  }
});

test('a schema of a list accepts one value in a query string and in a form', async () => {
  const schemas: Readonly<Record<string, StandardSchema>> = {
    zod: z.object({ tag: z.array(z.string()), n: z.coerce.number().optional() }),
    valibot: v.object({ tag: v.array(v.string()), n: v.optional(v.string()) }),
    arktype: type({ tag: 'string[]', 'n?': 'string' }),
  };
  for (const [vendor, schema] of Object.entries(schemas)) {
    const app = createRouter()
      .get('/', { query: schema }, (c) => c.query as object)
      .post('/', { body: schema }, (c) => c.body as object);
    const tags = async (request: Request): Promise<unknown> =>
      ((await (await app.fetch(request)).json()) as { tag?: unknown }).tag;
    assert.deepEqual(await tags(new Request('http://test/?tag=a&n=1')), ['a'], vendor);
    assert.deepEqual(await tags(new Request('http://test/?tag=a&tag=b')), ['a', 'b'], vendor);
    assert.deepEqual(await tags(post('application/x-www-form-urlencoded', 'tag=a')), ['a'], vendor);
    // JSON has lists of one.
    assert.equal((await app.fetch(post('application/json', '{"tag":"a"}'))).status, 400, vendor);
    assert.equal((await app.fetch(new Request('http://test/?n=1'))).status, 400, vendor);
  }
});

test('no member of a query string or form is lost, and repeating one costs linear time', async () => {
  const any: StandardSchema<unknown, Record<string, unknown>> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ({ value: value as Record<string, unknown> }),
    },
  };
  const app = createRouter({ bodyLimitBytes: 1_000_000 })
    .get('/', (c) => c.query['id']?.length)
    .post('/', { body: any }, (c) => (c.body['a'] as string[]).length);
  const ids = Array.from({ length: 2000 }, (_, id) => `id=${id}`).join('&');
  assert.equal(await (await app.fetch(new Request(`http://test/?${ids}`))).text(), '2000');
  const body = 'a=&'.repeat(100_000);
  assert.equal(await (await app.fetch(post('application/x-www-form-urlencoded', body))).text(), '100000');
});

test('values of the platform are sent as their bytes, or are a clear error', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  const values: Readonly<Record<string, object>> = {
    buffer: new Uint8Array([1, 2]).buffer,
    words: new Uint16Array([513]),
    view: new DataView(new Uint8Array([1, 2]).buffer),
    blob: new Blob(['text'], { type: 'text/csv' }),
    pairs: new URLSearchParams({ a: 'b c' }),
    map: new Map([[1, 2]]),
    set: new Set(),
    headers: new Headers({ a: 'b' }),
    generator: [].values(),
    error: new RangeError('secret'),
    function: () => 'x',
    date: new Date(0),
  };
  const app = createRouter().get('/:name', (c) => values[c.params.name]);
  const seen: Record<string, unknown> = {};
  for (const name of Object.keys(values)) {
    const response = await app.fetch(new Request(`http://test/${name}`));
    seen[name] = [
      response.status,
      response.headers.get('content-type'),
      (await response.arrayBuffer()).byteLength,
    ];
  }
  const failed = [500, 'application/problem+json', 46];
  assert.deepEqual(seen, {
    buffer: [200, 'application/octet-stream', 2],
    words: [200, 'application/octet-stream', 2],
    view: [200, 'application/octet-stream', 2],
    blob: [200, 'text/csv', 4],
    pairs: [200, 'application/x-www-form-urlencoded;charset=UTF-8', 5],
    map: failed,
    set: failed,
    headers: failed,
    generator: failed,
    error: failed,
    function: failed,
    date: [200, 'application/json', 26],
  });
  const messages = mock.calls.map(({ arguments: [, error] }) => (error as Error).message);
  assert.deepEqual(messages.slice(0, 2), [
    'Cannot serialize a Map as a response',
    'Cannot serialize a Set as a response',
  ]);
  assert.ok(messages.includes('secret'));
});

test('fields that are lists of several authors are joined, and a status text is kept', async () => {
  const app = createRouter()
    .use((c, next) => {
      c.header('vary', 'origin');
      c.header('x-a', '1');
      return next();
    })
    .get('/', (c) => {
      c.header('x-a', '2');
      return new Response('x', { status: 299, statusText: 'Fine', headers: { vary: 'accept' } });
    });
  await using server = await app.listen();
  const raw = await ask(server.port, 'GET /');
  assert.match(raw, /^HTTP\/1\.1 299 Fine\r\n/);
  assert.match(raw, /\r\nvary: origin, accept\r\n/);
  assert.match(raw, /\r\nx-a: 2\r\n/);
  assert.equal((await app.fetch(new Request('http://test/'))).statusText, 'Fine');
});

test('HEAD has the length that it is given, and 205 has no body', async () => {
  await using server = await createRouter()
    .head('/blob', () => new Response(null, { headers: { 'content-length': '12345' } }))
    .get('/reset', () => new Response(null, { status: 205 }))
    .listen();
  const raw = await exchange(
    server.port,
    'HEAD /blob HTTP/1.1\r\nHost: t\r\n\r\nGET /reset HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n',
  );
  assert.match(raw, /content-length: 12345\r\n/);
  assert.match(raw, /205 Reset Content\r\ncontent-length: 0\r\n[^]*\r\n\r\n$/);
});
