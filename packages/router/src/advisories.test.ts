// One test for each way in which routers have been led astray, over real sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, problem, type Router } from './index.ts';
import { ask, readBody, exchange, readStatus } from './testkit/wire.ts';

/** A guard around everything below /admin, and a public page beside it. */
const guarded = (): Router =>
  createRouter().mount(
    '/admin',
    createRouter()
      .use((c, next) => (c.headers.authorization === 'yes' ? next() : problem(401)))
      .get('/users', () => 'secret')
      .get('/files/*path', (c) => `secret ${c.params.path}`),
  );

const disguises = [
  '/admin/users',
  '//admin/users',
  '/admin//users',
  '/admin/users/',
  '/./admin/users',
  '/x/../admin/users',
  '/%61dmin/users',
  '/admin%2Fusers',
  '/admin/%75sers',
  '/ADMIN/users',
  '/admin\\users',
  '/admin/users%00',
  '/admin/users;a=b',
  '/admin/files/a',
  '/admin/files/%2e%2e/a',
  '/admin/files/..%2fa',
  'http://elsewhere/admin/users',
  'HTTP://elsewhere/admin/users?x',
  'http://elsewhere//admin/users',
  'http:/admin/users',
];

test('a guard also covers paths with extra slashes, dots, encodings and in absolute form', async () => {
  await using server = await guarded().listen();
  for (const path of disguises) {
    const raw = await ask(server.port, `GET ${path}`);
    assert.ok([400, 401, 404].includes(readStatus(raw)), `${path}: ${raw}`);
    assert.doesNotMatch(raw, /secret/);
    assert.doesNotMatch(await ask(server.port, `HEAD ${path}`), /200 OK/);
  }
});

test('a guarded path responds when its guard calls next(), in absolute form too', async () => {
  await using server = await guarded().listen();
  for (const path of ['/admin/users', 'http://elsewhere/admin/users', 'https://elsewhere/admin/users?q']) {
    assert.equal(readBody(await ask(server.port, `GET ${path}`, 'Authorization: yes')), 'secret');
  }
});

test('an encoded slash is part of a parameter, not a separator', async () => {
  await using server = await createRouter()
    .get('/:a', (c) => c.params)
    .get('/:a/:b', () => 'two')
    .listen();
  assert.equal(readBody(await ask(server.port, 'GET /x%2Fy')), '{"a":"x/y"}');
});

test('the body limit applies to chunked bodies and to bodies with a false length', async () => {
  await using server = await createRouter({ bodyLimitBytes: 8 })
    .post('/', (c) => c.text())
    .listen();
  const head = 'POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n';
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  assert.equal(readStatus(await exchange(server.port, `${chunked}9\r\n123456789\r\n0\r\n\r\n`)), 413);
  assert.equal(readStatus(await exchange(server.port, `${chunked}${'1\r\nx\r\n'.repeat(9)}0\r\n\r\n`)), 413);
  assert.equal(readStatus(await exchange(server.port, `${chunked}${'1\r\nx\r\n'.repeat(8)}0\r\n\r\n`)), 200);
  assert.equal(readStatus(await exchange(server.port, `${head}Content-Length: 9\r\n\r\n123456789`)), 413);
  assert.equal(
    readStatus(
      await exchange(server.port, `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    ),
    400,
  );
});

const types = [
  'text/plain; application/json',
  'text/plain;charset=application/json',
  'application/json\t; a',
  'application/json a',
  'application/json, text/plain',
  'application//json',
  'application/json/x',
  'application /json',
  '\u00a0application/json',
  'application/x+json+xml',
  'application/json; charset=utf-16',
  'application/json; charset=utf-8; charset=utf-7',
];

test('a body is parsed as JSON only with a JSON content type', async () => {
  await using server = await createRouter()
    .post('/', (c) => c.json() as Promise<object>)
    .listen();
  const send = (type: string): Promise<string> =>
    ask(server.port, 'POST /', `Content-Type: ${type}`, 'Content-Length: 0');
  for (const type of types) assert.equal(readStatus(await send(type)), 415, type);
  const twice = ['Content-Type: text/plain', 'Content-Type: application/json', 'Content-Length: 0'];
  assert.equal(readStatus(await ask(server.port, 'POST /', ...twice)), 415);
});

test('names of Object.prototype are ordinary names in parameters, query, headers, forms and JSON', async () => {
  const app = createRouter()
    .get('/params/:__proto__/:constructor', (c) => [!('toString' in c.params), Object.entries(c.params)])
    .get('/query', (c) => [
      Object.getPrototypeOf(c.query) === null,
      Object.keys(c.query),
      'toString' in c.query,
    ])
    .post('/json', (c) => c.json() as Promise<object>);
  const body = async (path: string): Promise<unknown> =>
    (await app.fetch(new Request(`http://test${path}`))).json();
  assert.deepEqual(await body('/params/a/b'), [
    true,
    [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ],
  ]);
  assert.deepEqual(await body('/query?__proto__=1&constructor=2'), [
    true,
    ['__proto__', 'constructor'],
    false,
  ]);
  for (const json of [
    '{"__proto__":{"admin":true}}',
    '{"a":[{"\\u005f_proto__":1}]}',
    '{"__pr\\u006fto__":1}',
  ]) {
    const headers = { 'content-type': 'application/json' };
    const response = await app.fetch(
      new Request('http://test/json', { method: 'POST', body: json, headers }),
    );
    assert.equal(response.status, 400, json);
  }
  assert.equal(Reflect.get({}, 'admin'), undefined);
});

test('matching a hostile path is fast', async () => {
  const app = createRouter();
  for (let depth = 1; depth <= 12; depth++) {
    const steps = Array.from({ length: depth }, (_, step) => `a/:p${step}/`).join('');
    for (const last of ['x', ':end', '*rest']) app.get(`/${steps}${last}`, () => 'ok');
  }
  const visited = '/a/a'.repeat(4000);
  assert.equal(await (await app.fetch(new Request(`http://test${visited}`))).text(), 'ok');
  assert.equal((await app.fetch(new Request(`http://test/${'b'.repeat(16_000)}`))).status, 404);
});

test('a header value of the client cannot split the response', async () => {
  await using server = await createRouter({ onError: () => problem(400) })
    .get('/', (c) => {
      c.header('x-echo', String(c.query.v));
      return 'ok';
    })
    .listen();
  assert.doesNotMatch(await ask(server.port, 'GET /?v=a%0d%0aset-cookie:%20x=1'), /set-cookie/i);
});

/** Gives a raw answer to a request line and its host fields. */
const request = (port: number, target: string, ...hosts: string[]): Promise<string> =>
  exchange(
    port,
    `GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`,
  );

test('the URL of a request is valid in a link', async () => {
  await using server = await createRouter()
    .get('/*rest', (c) => c.url.href)
    .listen();
  const href = async (target: string, host: string): Promise<string> =>
    readBody(await request(server.port, target, host));
  assert.equal(await href('/a', 'shop.example:81'), 'http://shop.example:81/a');
  assert.equal(
    await href('/a?b#', '[::1]:81'),
    '{"title":"Bad Request","status":400,"detail":"Malformed request target or host"}',
  );
  assert.equal(await href('/a', '[2001:db8::1]:81'), 'http://[2001:db8::1]:81/a');
  assert.equal(await href('/a', 'my_service'), 'http://my_service/a');
  assert.equal(await href('//evil.example/a', 'shop.example'), 'http://shop.example//evil.example/a');
  // The authority of the target stands above the host field, but says nothing of TLS and of whom to sign in as.
  assert.equal(await href('http://other.example/a?b', 'shop.example'), 'http://other.example/a?b');
  assert.equal(await href('https://other.example/a', 'shop.example'), 'http://other.example/a');
  assert.equal(await href('http://user:pass@other.example/a', 'shop.example'), 'http://other.example/a');
  assert.equal(await href('http://evil.example@other.example/@', 'shop.example'), 'http://other.example/@');
});

test('a malformed target, a malformed host and a repeated host get 400', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  const hrefs: string[] = [];
  await using server = await createRouter()
    .use((c, next) => {
      hrefs.push(c.url.href);
      return next();
    })
    .get('/*rest', (c) => c.url.href)
    .listen();
  const targets = [
    'http://a:99999/x',
    'http://[/x',
    'http://[::1/x',
    'http://%zz/x',
    'http:///x',
    'http://@/x',
    'http://a:b/x',
    'http://a b/x',
    'http://1.2.3.4.5/x',
    'http://a\\b/x',
    'http:x',
    'ftp://a/x',
    'urn:a',
    'x',
    '?x',
    '/x#y',
  ];
  for (const target of targets) {
    assert.equal(readStatus(await request(server.port, target, 't')), 400, target);
  }
  const hosts = [
    'a b',
    'shop.example/evil',
    'user@shop.example',
    'a:99999',
    'a:b',
    '[::1',
    '%zz',
    'é',
    'a,b',
    'a\\b',
    'a?b',
  ];
  for (const host of hosts) {
    const raw = await request(server.port, '/x', host);
    assert.equal(readStatus(raw), host === 'a,b' ? 200 : 400, host);
  }
  assert.equal(readStatus(await request(server.port, '/x', 'a', 'a')), 400);
  assert.equal(readStatus(await request(server.port, '/x', 'a', 'evil.example')), 400);
  assert.equal(readStatus(await request(server.port, 'http://a/x', 'a', 'b')), 400);
  assert.equal(readStatus(await request(server.port, 'http://a/x', 'a b')), 400);
  assert.equal(
    readStatus(await exchange(server.port, 'OPTIONS * HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n')),
    204,
  );
  assert.ok(hrefs.every((href) => URL.canParse(href)));
  assert.equal(mock.callCount(), 0);
});

test('a request without a Host header has a URL', async () => {
  await using server = await createRouter()
    .get('/', (c) => c.url.href)
    .listen();
  for (const head of ['GET / HTTP/1.0\r\n', 'GET / HTTP/1.0\r\nHost:\r\n']) {
    assert.equal(readBody(await exchange(server.port, `${head}\r\n`)), 'http://localhost/');
  }
});
