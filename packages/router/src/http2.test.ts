// Response fields that HTTP/2 rejects are left out, or the response is a 500, and the process continues.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { reply, type HandlerResult, type Context, createRouter, problem, type Router } from './index.ts';

async function sessionTo(t: TestContext, app: Router): Promise<ClientHttp2Session> {
  const server = await app.listen({ server: createServer() });
  const session = connect(server.url);
  t.after(async () => {
    session.destroy();
    await server.close({ gracePeriodMs: 0 });
  });
  return session;
}

async function ask(
  session: ClientHttp2Session,
  path: string,
  method = 'GET',
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const stream = session.request({ ':path': path, ':method': method }).end();
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)]);
  return { headers: headers as IncomingHttpHeaders, body };
}

const connectionFields = {
  connection: 'keep-alive, x-named',
  'keep-alive': 'timeout=99',
  'proxy-connection': 'keep-alive',
  'transfer-encoding': 'gzip, chunked',
  upgrade: 'websocket',
  te: 'trailers',
  'http2-settings': 'AAMAAABkAAQAAP__',
  trailer: 'x-sum',
};

async function* chunks(): AsyncGenerator<string> {
  yield 'o';
  yield 'k';
}

const forms: readonly [form: string, give: (c: Context, name: string, value: string) => HandlerResult][] = [
  ['answer', (_, name, value) => reply('ok', { headers: { [name]: value } })],
  ['answer in another case', (_, name, value) => reply('ok', { headers: { [name.toUpperCase()]: value } })],
  ['answer of a list', (_, name, value) => reply('ok', { headers: { [name]: [value, value] } })],
  ['answer of Headers', (_, name, value) => reply('ok', { headers: new Headers({ [name]: value }) })],
  [
    'header',
    (c, name, value) => {
      c.header(name, value);
      return 'ok';
    },
  ],
  ['Response', (_, name, value) => new Response('ok', { headers: { [name]: value } })],
  ['stream', (_, name, value) => reply(chunks(), { headers: { [name]: value } })],
  [
    'thrown answer',
    (_, name, value) => {
      throw reply('ok', { headers: { [name]: value } });
    },
  ],
  [
    'thrown Response',
    async (_, name, value) => {
      throw new Response('ok', { headers: { [name]: value } });
    },
  ],
  [
    'thrown problem',
    (c, name, value) => {
      c.header(name, value);
      throw problem(418, 'ok');
    },
  ],
  [
    'fault',
    (c, name, value) => {
      c.header(name, value);
      throw new Error('ok');
    },
  ],
];

for (const [form, give] of forms) {
  test(`the fields of a connection are left out of an answer by ${form}, over HTTP/2 and HTTP/1.1`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const warned = t.mock.method(process, 'emitWarning');
    const app = createRouter();
    const expected = { 'thrown problem': 418, fault: 500 }[form] ?? 200;
    for (const [name, value] of Object.entries(connectionFields)) {
      app.get(`/${name}`, (c) => give(c, name, value));
    }
    const session = await sessionTo(t, app);
    await using server = await app.listen();
    for (const [name, value] of Object.entries(connectionFields)) {
      const { headers, body } = await ask(session, `/${name}`);
      assert.equal(headers[':status'], expected, name);
      assert.equal(headers[name], undefined, name);
      if (expected === 200) assert.equal(body, 'ok', name);
      const response = await fetch(`${server.url}/${name}`);
      assert.equal(response.status, expected, name);
      assert.notEqual(response.headers.get(name), value, name);
      await response.text();
    }
    assert.equal(warned.mock.callCount(), 0);
  });
}

const refused: readonly [what: string, headers: Record<string, string | string[]>][] = [
  ['a name that is none', { 'x-kept': 'no', 'x bad': '1' }],
  ['a pseudo-header', { 'x-kept': 'no', ':status': '200' }],
  ['a line break', { 'x-kept': 'no', 'x-bad': 'a\nb' }],
  ['a character beyond Latin-1', { 'x-kept': 'no', 'x-bad': '\u0100' }],
  ['a field of one value twice', { 'x-kept': 'no', etag: ['a', 'b'] }],
];

for (const [what, headers] of refused) {
  test(`${what} among the fields is a 500 that keeps none of them`, async (t) => {
    const { mock } = t.mock.method(console, 'error', () => {});
    const app = createRouter()
      .get('/whole', () => reply('x', { headers }))
      .get('/stream', () => reply(chunks(), { headers }))
      .get('/thrown', () => {
        throw reply('x', { headers });
      });
    const session = await sessionTo(t, app);
    for (const path of ['/whole', '/stream', '/thrown']) {
      const answered = await ask(session, path);
      assert.equal(answered.headers[':status'], 500, path);
      assert.equal(answered.headers['x-kept'], undefined, path);
      assert.equal(answered.body, '{"title":"Internal Server Error","status":500}');
    }
    assert.equal(mock.callCount(), 3);
  });
}

test('header fields of a host framework that cannot be sent are removed as a last resort', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { handler } = createRouter().get('/', () => 'ok');
  const server = createServer((req, res) => {
    res.setHeader('keep-alive', 'timeout=5');
    Reflect.apply(handler, undefined, [req, res]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const session = connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  assert.equal((await ask(session, '/')).headers[':status'], 500);
});

test('responses without a body have none over HTTP/2', async (t) => {
  const session = await sessionTo(
    t,
    createRouter()
      .get('/', () => 'whole')
      .get('/stream', () => chunks())
      .get('/none', () => reply('x', { status: 204 }))
      .get('/reset', () => reply('x', { status: 205 }))
      .get('/same', () => reply(chunks(), { status: 304, headers: { etag: '"1"' } }))
      .head('/blob', () => reply('', { headers: { 'content-length': '12345' } })),
  );
  const lengths: [string, string, string | undefined][] = [
    ['HEAD', '/', '5'],
    ['HEAD', '/stream', undefined],
    ['HEAD', '/blob', '12345'],
    ['GET', '/none', undefined],
    ['GET', '/reset', '0'],
    ['GET', '/same', undefined],
  ];
  for (const [method, path, length] of lengths) {
    const { headers, body } = await ask(session, path, method);
    assert.equal(body, '', path);
    assert.equal(headers['content-length'], length, path);
  }
});

test('an interrupted response resets the stream, and the session continues', async (t) => {
  t.mock.method(console, 'error', () => {});
  const session = await sessionTo(
    t,
    createRouter()
      .get('/short', () => reply(chunks(), { headers: { 'content-length': '1' } }))
      .get('/broken', async function* () {
        yield 'o';
        throw new Error('no');
      })
      .get('/long', () => reply(chunks(), { headers: { 'content-length': '3' } }))
      .get('/', () => 'ok'),
  );
  for (const path of ['/short', '/long', '/broken']) {
    const stream = session.request({ ':path': path }).end();
    await assert.rejects(text(stream), path);
  }
  assert.equal((await ask(session, '/')).body, 'ok');
});
