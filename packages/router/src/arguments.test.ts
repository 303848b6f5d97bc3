// Arguments that are usual for other routers, or mistaken, in JavaScript: they work, or the error says what is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { reply, Reply, created, createRouter, Problem, problem, redirect, RouterError } from './index.ts';
import { sse } from './sse.ts';

/** Calls a method with arguments that its types refuse. */
function call(method: unknown, ...args: unknown[]): unknown {
  assert.ok(typeof method === 'function');
  return Reflect.apply(method, undefined, args) as unknown;
}

const invoke = (target: object, name: string, ...args: unknown[]): unknown =>
  call(Reflect.get(target, name), ...args);

const handler = (): string => 'ok';
const guard = (): Problem => problem(401);
const app = createRouter();

const refused: readonly [what: string, act: () => unknown, message: RegExp][] = [
  ['createRouter(true)', () => call(createRouter, true), /createRouter: expected an object, got true/],
  ['createRouter(null)', () => call(createRouter, null), /expected an object, got null/],
  ['createRouter([])', () => call(createRouter, []), /expected an object, got \[\]/],
  [
    'trustProxy by name',
    () => call(createRouter, { trustProxy: 'loopback' }),
    /trustProxy: expected boolean or number or object/,
  ],
  [
    'trustProxy below 0',
    () => createRouter({ trustProxy: -1 }),
    /trustProxy: expected boolean or number or object, got -1/,
  ],
  [
    'trustProxy of another header',
    () => call(createRouter, { trustProxy: { header: 'x-real-ip' } }),
    /expected 'forwarded' or 'x-forwarded', got 'x-real-ip'/,
  ],
  [
    'trustProxy of another option',
    () => call(createRouter, { trustProxy: { hop: 1 } }),
    /unknown option hop: expected hops, header/,
  ],
  [
    'redactQuery of no list',
    () => call(createRouter, { telemetry: { redactQuery: 'token' } }),
    /redactQuery: expected list of names/,
  ],
  [
    'redactQuery of no names',
    () => call(createRouter, { telemetry: { redactQuery: [/x/] } }),
    /redactQuery: expected list of names/,
  ],
  ['get without a handler', () => invoke(app, 'get', '/x'), /GET \/x: expected a handler, got undefined/],
  ['get with a handler alone', () => invoke(app, 'get', handler), /expected a handler, got undefined/],
  [
    'get with a handler of another kind',
    () => invoke(app, 'get', '/x', {}, 'ok'),
    /expected a handler, got 'ok'/,
  ],
  [
    'get with a list of guards',
    () => invoke(app, 'get', '/x', [guard], handler),
    /GET \/x: expected an object, got \[ \[/,
  ],
  ['get with options that are none', () => invoke(app, 'get', '/x', 7, handler), /expected an object, got 7/],
  [
    'get with a guard that is none',
    () => invoke(app, 'get', '/x', {}, undefined, handler),
    /expected a middleware, got undefined/,
  ],
  [
    'get with options behind the guard',
    () => invoke(app, 'get', '/x', guard, {}, handler),
    /expected a middleware, got {}/,
  ],
  [
    'a schema that is none',
    () => invoke(app, 'post', '/x', { body: {} }, handler),
    /body: expected schema, got {}/,
  ],
  [
    'a schema that is null',
    () => invoke(app, 'post', '/x', { query: null }, handler),
    /query: expected schema, got null/,
  ],
  ['use with a path', () => invoke(app, 'use', '/x', guard), /use: expected a middleware, got '\/x'/],
  ['use(undefined)', () => invoke(app, 'use', undefined), /use: expected a middleware, got undefined/],
  ['use()', () => invoke(app, 'use'), /use: expected a middleware/],
  ['use of a router', () => invoke(app, 'use', createRouter()), /use: expected a middleware/],
  ['mount without a path', () => invoke(app, 'mount', createRouter()), /mount: expected a path/],
  [
    'mount of nothing',
    () => invoke(app, 'mount', '/x'),
    /mount \/x: expected one router, got \[ undefined \]/,
  ],
  ['mount of a function', () => invoke(app, 'mount', '/x', handler), /expected one router/],
  ['mount with a guard', () => invoke(app, 'mount', '/x', guard, createRouter()), /expected one router/],
  [
    'mount with something behind',
    () => invoke(app, 'mount', '/x', createRouter(), guard),
    /expected one router/,
  ],
  [
    'redirect to nowhere',
    () => call(redirect, undefined),
    /redirect: expected a string or URL, got undefined/,
  ],
  [
    'redirect with a status first',
    () => call(redirect, 301, '/x'),
    /redirect: expected 301, 302, 303, 307 or 308, got '\/x'/,
  ],
  ['redirect with 200', () => call(redirect, '/x', 200), /expected 301, 302, 303, 307 or 308, got 200/],
  ['redirect with 304', () => call(redirect, '/x', 304), /got 304/],
  ['created nowhere', () => call(created, {}, 7), /created: expected a string or URL, got 7/],
  [
    'reply with a status for options',
    () => call(reply, 'x', 404),
    /reply: expected { status, headers }, got 404/,
  ],
  ['reply with another option', () => call(reply, 'x', { statusCode: 404 }), /got { statusCode: 404 }/],
  [
    'reply with headers that are none',
    () => call(reply, 'x', { headers: 'a: b' }),
    /reply: expected { status, headers }, got { headers: 'a: b' }/,
  ],
  ['sse of no events', () => call(sse, ['a']), /sse: expected an async iterable/],
];

for (const [what, act, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(act, (error) => {
      assert.ok(error instanceof RouterError, String(error));
      assert.equal(error.code, 'SONDE_ROUTER_OPTION');
      assert.match(error.message, message);
      return true;
    });
  });
}

test('invalid and missing methods are rejected', () => {
  for (const methods of [[], '', 'get', undefined, null, 7, ['GET', 'NO'], 'CONNECT']) {
    assert.throws(
      () => invoke(app, 'on', methods, '/x', handler),
      { code: 'SONDE_ROUTE_METHOD' },
      String(methods),
    );
  }
});

test('parameters in the syntax of other routers and templates that match no request are rejected', () => {
  const templates = [
    '/users/{id}',
    '/users/[id]',
    '/users/<id>',
    '/users/<int:id>',
    '/users/:id?',
    '/users/:id(\\d+)',
    '/users/:id.json',
    '/users/(.*)',
    '/a|b',
    '/"a"',
    '/`a`',
    '/^a',
    'users',
    '',
    '//users',
    '/a b',
  ];
  for (const template of templates) {
    assert.throws(() => app.get(template, handler), { code: 'SONDE_ROUTE_TEMPLATE' }, template);
  }
  for (const template of [undefined, null, 7, /users/, ['/a', '/b'], {}]) {
    assert.throws(
      () => invoke(app, 'get', template, handler),
      { code: 'SONDE_ROUTE_TEMPLATE' },
      inspect(template),
    );
  }
  for (const template of ['/$metadata', '/a(b)', "/a'b", '/a,b;c=d', '/@a', '/~a', '/a%20b', '/café']) {
    createRouter().get(template, handler);
  }
});

test('status codes out of range are rejected, also by the classes', () => {
  for (const status of [0, -1, 99, 101, 600, 200.5, Number.NaN, '404', null]) {
    assert.throws(() => call(reply, 'x', { status }), RangeError, String(status));
    assert.throws(() => new Reply('x', status as number), RangeError);
    assert.throws(() => call(problem, status), RangeError);
    assert.throws(() => new Problem(status as number), RangeError);
  }
  assert.throws(() => problem(200), RangeError);
});

const badListens: readonly [what: string, args: unknown[], message: RegExp][] = [
  ['a text', ['3000'], /listen: expected an object, got '3000'/],
  ['a port and a host', [3000, '0.0.0.0'], /listen: expected one argument/],
  ['a callback', [3000, () => {}], /listen: expected one argument/],
  ['a callback alone', [() => {}], /expected an object/],
  ['a port as text', [{ port: '3000' }], /port: expected number, got '3000'/],
  ['a port of none', [Number.NaN], /port: expected number, got NaN/],
  ['an empty host', [{ host: '' }], /host: expected string, got ''/],
  ['a server that is none', [{ server: {} }], /server: expected Node.js server, got {}/],
  ['no server', [{ server: null }], /server: expected Node.js server, got null/],
  ['a readyz that no request matches', [{ readyz: 'readyz' }], /readyz: expected path, got 'readyz'/],
];

for (const [what, args, message] of badListens) {
  test(`listen with ${what} rejects`, async () => {
    await assert.rejects(invoke(createRouter(), 'listen', ...args) as Promise<unknown>, {
      code: 'SONDE_ROUTER_OPTION',
      message,
    });
  });
}

test('listen accepts a port number', async () => {
  await using free = await createRouter().listen(0);
  assert.ok(free.port > 0);
  await assert.rejects(createRouter().listen(free.port), {
    code: 'SONDE_LISTEN',
    message: `Cannot listen on 127.0.0.1:${free.port}: EADDRINUSE`,
  });
});

test('close rejects invalid options and can be used as a signal listener', async () => {
  const server = await createRouter().listen();
  await invoke(server, 'close', 'SIGTERM', 15);
  const other = await createRouter().listen();
  await assert.rejects(invoke(other, 'close', { grace: 1 }) as Promise<unknown>, {
    code: 'SONDE_ROUTER_OPTION',
  });
  await other.close({ gracePeriodMs: 2 ** 40 });
});

test('a URL is valid as a location, and an unpaired surrogate does not break it', () => {
  assert.deepEqual(redirect(new URL('http://test/a b')).headers, { location: 'http://test/a%20b' });
  assert.deepEqual(created(null, new URL('http://test/1')).headers, { location: 'http://test/1' });
  assert.deepEqual(redirect('/\ud800').headers, { location: '/%EF%BF%BD' });
});

test('headers are accepted as Headers, a Map or a list of pairs', async () => {
  const forms = [new Headers({ 'x-a': '1' }), new Map([['x-a', '1']]), [['x-a', '1']] as const];
  for (const headers of forms) {
    const response = await createRouter()
      .get('/', () => reply('x', { headers }))
      .fetch(new Request('http://test/'));
    assert.equal(response.headers.get('x-a'), '1');
  }
});

test('use accepts several middleware functions', async () => {
  const other = createRouter();
  invoke(other, 'use', (_: unknown, next: () => unknown) => next(), guard);
  assert.equal((await other.get('/', handler).fetch(new Request('http://test/'))).status, 401);
});
