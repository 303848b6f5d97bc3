// Where an answer ends: no answer may run into the next one of its connection, whatever a handler says of its length.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { reply, type HandlerResult, createRouter, problem, type Method } from './index.ts';
import { ask, readBody, exchange } from './testkit/wire.ts';

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

interface RawAnswer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Reads answers as a client does, by their framing: throws when something is left, or an answer is not whole. */
function readAnswers(raw: string, ...methods: string[]): RawAnswer[] {
  let rest = raw;
  const take = (length: number): string => {
    assert.ok(rest.length >= length, `cut off: ${raw}`);
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  const line = (): string => {
    const end = rest.indexOf('\r\n');
    assert.notEqual(end, -1, `cut off: ${raw}`);
    return take(end + 2).slice(0, -2);
  };
  return methods.map((method) => {
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line())?.[1]);
    assert.ok(status >= 200, raw);
    const fields = new Map<string, string>();
    for (let field = line(); field !== ''; field = line()) {
      const colon = field.indexOf(': ');
      const name = field.slice(0, colon).toLowerCase();
      assert.ok(!fields.has(name), `${name} twice: ${raw}`);
      fields.set(name, field.slice(colon + 2));
    }
    const coded = fields.has('transfer-encoding');
    assert.ok(!coded || !fields.has('content-length'), `both framing fields: ${raw}`);
    if (method === 'HEAD' || status === 204 || status === 304) return { status, fields, body: '' };
    if (!coded) return { status, fields, body: take(Number(fields.get('content-length'))) };
    let body = '';
    for (let size = Number.parseInt(line(), 16); size > 0; size = Number.parseInt(line(), 16)) {
      body += take(size);
      assert.equal(line(), '');
    }
    assert.equal(line(), '');
    return { status, fields, body };
  });
}

/** Pipelines a request to a route that answers so, and one after it. */
async function both(
  t: TestContext,
  give: () => HandlerResult,
  method: Method = 'GET',
): Promise<{ raw: string; logged: number }> {
  const { mock } = t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .on(method, '/', give)
    .get('/next', () => 'next')
    .listen();
  const raw = await exchange(
    server.port,
    `${method} / HTTP/1.1\r\nHost: t\r\n\r\nGET /next HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n`,
  );
  return { raw, logged: mock.callCount() };
}

const lengths = (length: string): readonly [form: string, give: () => HandlerResult][] => {
  const headers = { 'content-length': length };
  return [
    ['a Response', () => new Response('hello world', { headers })],
    ['a stream', () => reply(chunks('hello', ' world'), { headers })],
    ['a web stream', () => reply(ReadableStream.from(chunks('hello world')), { headers })],
    [
      'a Response of a stream',
      () => new Response(ReadableStream.from([Buffer.from('hello '), Buffer.from('world')]), { headers }),
    ],
  ];
};

for (const length of ['5', '3', '0', '10']) {
  for (const [form, give] of lengths(length)) {
    test(`${form} of 11 bytes with a content-length of ${length} never runs into the next response`, async (t) => {
      const { raw, logged } = await both(t, give);
      assert.equal(logged, 1);
      // Either a 500 in its place, or what was right of it and the end of the connection.
      if (raw.includes('500 Internal')) readAnswers(raw, 'GET', 'GET');
      else assert.doesNotMatch(raw, /next|world/);
    });
  }
}

for (const [form, give] of lengths('12')) {
  test(`${form} of 11 bytes with a content-length of 12 is closed, so that the client does not wait for the rest`, async (t) => {
    const { raw, logged } = await both(t, give);
    assert.equal(logged, 1);
    assert.doesNotMatch(raw, /next/);
  });
}

for (const length of ['11', '11 ', '-1', '0x0b', 'a', '5, 5', '1e1', '99999999999999999999', '']) {
  for (const [form, give] of lengths(length.trim())) {
    test(`${form} with a content-length of ${JSON.stringify(length)} is received completely`, async (t) => {
      const [first, next] = readAnswers((await both(t, give)).raw, 'GET', 'GET');
      assert.equal(first?.body, 'hello world');
      assert.equal(first.fields.get('content-length'), length.trim() === '11' ? '11' : undefined);
      assert.equal(next?.body, 'next');
    });
  }
}

const wholes: readonly [form: string, give: (headers: Record<string, string>) => HandlerResult][] = [
  ['text', (headers) => reply('abc', { headers })],
  ['bytes', (headers) => reply(Buffer.from('abc'), { headers })],
  ['JSON', (headers) => reply({ a: 1 }, { headers })],
  ['a problem', (headers) => reply(problem(404), { headers })],
  ['an empty Response', (headers) => new Response(null, { headers })],
];
for (const [form, give] of wholes) {
  for (const headers of [
    { 'content-length': '1' },
    { 'Content-Length': '99' },
    { 'transfer-encoding': 'chunked' },
    { 'Transfer-Encoding': 'gzip, chunked' },
  ]) {
    test(`${form} has its own length, beside ${JSON.stringify(headers)}`, async (t) => {
      const [first, next] = readAnswers((await both(t, () => give(headers))).raw, 'GET', 'GET');
      assert.equal(first?.fields.get('content-length'), String(first?.body.length));
      assert.equal(next?.body, 'next');
    });
  }
}

const bodiless: readonly [method: string, give: () => HandlerResult, length: string | undefined][] = [
  ['HEAD', () => reply('', { headers: { 'content-length': '12345' } }), '12345'],
  ['HEAD', () => reply(null, { status: 200, headers: { 'content-length': '12345' } }), '12345'],
  ['HEAD', () => new Response(null, { headers: { 'content-length': '12345' } }), '12345'],
  ['HEAD', () => reply(chunks('a'), { headers: { 'content-length': '12345' } }), '12345'],
  ['HEAD', () => reply('abc', { headers: { 'content-length': '12345' } }), '3'],
  ['HEAD', () => reply('', { headers: { 'content-length': 'x' } }), '0'],
  ['HEAD', () => 'abc', '3'],
  ['GET', () => reply('abc', { status: 204, headers: { 'content-length': '3' } }), undefined],
  ['GET', () => reply(chunks('abc'), { status: 204 }), undefined],
  ['GET', () => reply('abc', { status: 205, headers: { 'content-length': '3' } }), '0'],
  ['GET', () => reply(chunks('abc'), { status: 205 }), '0'],
  ['GET', () => reply(null, { status: 304, headers: { 'content-length': '3' } }), '3'],
  ['GET', () => reply(chunks('abc'), { status: 304, headers: { 'content-length': '3' } }), '3'],
];
for (const [index, [method, give, length]] of bodiless.entries()) {
  test(`answers without a body, ${index + 1}: ${method} ${String(give).slice(6)}`, async (t) => {
    const [first, next] = readAnswers((await both(t, give, method as Method)).raw, method, 'GET');
    assert.equal(first?.fields.get('content-length'), length);
    assert.equal(first?.body, '');
    assert.equal(next?.body, 'next');
  });
}

test('connection: close closes the connection; other connection fields are dropped', async (t) => {
  const { raw } = await both(t, () => reply('last', { headers: { connection: 'close' } }));
  assert.match(raw, /connection: close\r\n[^]*last$/i);
  const kept = await both(t, () =>
    reply('ok', { headers: { connection: 'x-a', 'keep-alive': 'timeout=999', trailer: 'x-a' } }),
  );
  const [first] = readAnswers(kept.raw, 'GET', 'GET');
  assert.deepEqual(
    [first?.fields.get('connection'), first?.fields.get('trailer')],
    ['keep-alive', undefined],
  );
  assert.equal(first?.fields.get('keep-alive'), 'timeout=5');
});

test('a Response of fetch is sent decoded, with the decoded length and without connection fields', async (t) => {
  const zipped = gzipSync('hello world');
  const upstream = createServer((req, res) => {
    const coding =
      req.url === '/gzip'
        ? { 'content-encoding': 'gzip' }
        : req.url === '/own'
          ? { 'content-encoding': 'own' }
          : {};
    const body = req.url === '/gzip' ? zipped : Buffer.from('hello world');
    res.writeHead(200, {
      ...coding,
      connection: 'x-hop',
      'x-hop': '1',
      'x-end': '1',
      'content-length': body.length,
    });
    res.end(req.method === 'HEAD' ? undefined : body);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.after(() => upstream.close());
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const seen = async (method: string, path: string): Promise<unknown[]> => {
    const [first, next] = readAnswers(
      (await both(t, () => fetch(url + path, { method }), method as Method)).raw,
      method,
      'GET',
    );
    assert.equal(next?.body, 'next');
    assert.deepEqual([first?.fields.has('x-hop'), first?.fields.get('x-end')], [false, '1']);
    return [first?.body, first?.fields.get('content-encoding'), first?.fields.get('content-length')];
  };
  assert.deepEqual(await seen('GET', '/gzip'), ['hello world', undefined, undefined]);
  assert.deepEqual(await seen('GET', '/own'), ['hello world', 'own', '11']);
  assert.deepEqual(await seen('GET', '/'), ['hello world', undefined, '11']);
  assert.deepEqual(await seen('HEAD', '/gzip'), ['', 'gzip', String(zipped.length)]);
  assert.deepEqual(await seen('HEAD', '/'), ['', undefined, '11']);
});

test('a Response can be sent once', async (t) => {
  t.mock.method(console, 'error', () => {});
  const shared = new Response('hello');
  await using server = await createRouter()
    .get('/', () => shared)
    .listen();
  assert.equal((await fetch(server.url)).status, 200);
  assert.equal((await fetch(server.url)).status, 500);
});

test('an unused Node.js stream is destroyed, and its later errors are ignored', async () => {
  await using server = await createRouter()
    .get('/', () => createReadStream('/nowhere/to/be/found'))
    .listen();
  for (let times = 0; times < 3; times++) {
    assert.match(await ask(server.port, 'HEAD /'), /200 OK/);
  }
  assert.match(readBody(await ask(server.port, 'GET /none')), /Not Found/);
});
