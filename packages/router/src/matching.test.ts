import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, type Method, type Router } from './index.ts';
import { ask, readStatus } from './testkit/wire.ts';

const call = (app: Router, method: string, path: string): Promise<Response> =>
  app.fetch(new Request(`http://test${path}`, { method }));
const formatText = async (app: Router, path: string, method = 'GET'): Promise<string> =>
  (await call(app, method, path)).text();

test('static segments take precedence over parameters, parameters over rest, in any order of registration', async () => {
  const routes = ['/a/*rest', '/a/:id', '/a/b', '/a/:id/c', '/a/b/d'];
  for (const order of [routes, routes.toReversed()]) {
    const app = createRouter();
    for (const route of order) app.get(route, (c) => c.route);
    assert.equal(await formatText(app, '/a/b'), '/a/b');
    assert.equal(await formatText(app, '/a/x'), '/a/:id');
    assert.equal(await formatText(app, '/a/b/c'), '/a/:id/c');
    assert.equal(await formatText(app, '/a/b/d'), '/a/b/d');
    assert.equal(await formatText(app, '/a/b/x'), '/a/*rest');
    assert.equal(await formatText(app, '/a/'), '/a/*rest');
    assert.equal((await call(app, 'GET', '/a')).status, 404);
  }
});

test('parameters are decoded, rest keeps its slashes, and an empty segment is no parameter', async () => {
  const app = createRouter()
    .get('/u/:id', (c) => c.params)
    .get('/f/*path', (c) => c.params);
  assert.deepEqual(await (await call(app, 'GET', '/u/%C3%A9%20x')).json(), { id: 'é x' });
  assert.deepEqual(await (await call(app, 'GET', '/f/a//b%2Fc')).json(), { path: 'a//b/c' });
  assert.equal((await call(app, 'GET', '/u/')).status, 404);
});

test('a template may contain any character; it is compared percent-encoded', async () => {
  const app = createRouter().get('/café', () => 'coffee');
  assert.equal(await formatText(app, '/café'), 'coffee');
});

test('a trailing slash makes a different path', async () => {
  const app = createRouter()
    .get('/a', () => 'a')
    .get('/a/', () => 'a/');
  assert.equal(await formatText(app, '/a'), 'a');
  assert.equal(await formatText(app, '/a/'), 'a/');
});

test('a colon within a segment is literal, and percent-encoding matches in either case', async () => {
  const app = createRouter()
    .post('/books:archive', () => 'archive')
    .get('/books/:id', (c) => c.params.id)
    .get('/café', () => 'coffee')
    .get('/a%2fb', (c) => c.path);
  assert.equal(await formatText(app, '/books:archive', 'POST'), 'archive');
  assert.equal(await formatText(app, '/books/x%c3%a9:y'), 'xé:y');
  assert.equal(await formatText(app, '/caf%c3%A9'), 'coffee');
  for (const path of ['/a%2fb', '/a%2Fb']) assert.equal(await formatText(app, path), path);
});

test('a route of another method does not hide a less specific one of this method', async () => {
  const app = createRouter()
    .post('/users/me', () => 'me')
    .get('/users/:id', (c) => c.params.id);
  assert.equal(await formatText(app, '/users/me'), 'me');
  assert.equal((await call(app, 'OPTIONS', '/users/me')).headers.get('allow'), 'GET, HEAD, OPTIONS, POST');
});

test('the error for a duplicate names both routes', () => {
  const app = createRouter().get('/users/:id', () => 'a');
  assert.throws(() => app.get('/users/:name', () => 'b'), {
    code: 'SONDE_ROUTE_DUPLICATE',
    message: /GET \/users\/:name .* GET \/users\/:id/,
  });
});

for (const template of ['a', '/a//b', '/:', '/:a-b', '/:a/:a', '/*rest/more', '/*', '/a b', '/a?b', '/x*y']) {
  test(`the template ${template} is rejected`, () => {
    assert.throws(() => createRouter().get(template, () => ''), { code: 'SONDE_ROUTE_TEMPLATE' });
  });
}

test('HEAD responds like GET without a body; an explicit HEAD route takes precedence', async () => {
  const app = createRouter()
    .get('/a', () => 'twelve bytes')
    .get('/b', () => 'b')
    .head('/b', (c) => c.header('x-own', 'yes'));
  await using server = await app.listen();
  const head = await fetch(`${server.url}/a`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), '12');
  assert.equal(await head.text(), '');
  assert.equal((await fetch(`${server.url}/b`, { method: 'HEAD' })).headers.get('x-own'), 'yes');
});

test('OPTIONS and 405 list the allowed methods, OPTIONS * for the whole router', async () => {
  const app = createRouter()
    .on(['GET', 'PUT'], '/a', () => 'a')
    .on('PURGE', '/b', () => 'b');
  const options = await call(app, 'OPTIONS', '/a');
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('allow'), 'GET, HEAD, OPTIONS, PUT');
  const wrong = await call(app, 'DELETE', '/b');
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'OPTIONS, PURGE');
  assert.deepEqual(await wrong.json(), { title: 'Method Not Allowed', status: 405 });
});

test('a malformed target is 400, and the asterisk is not the root path', async () => {
  const app = createRouter().get('/', () => 'root');
  await using server = await app.listen();
  assert.equal(readStatus(await ask(server.port, 'GET /#fragment')), 400);
  assert.equal(readStatus(await ask(server.port, 'GET *')), 405);
  assert.equal(readStatus(await ask(server.port, 'GET /')), 200);
});

test('an unknown path is a 404 problem', async () => {
  const response = await call(createRouter(), 'GET', '/');
  assert.equal(response.status, 404);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.deepEqual(await response.json(), { title: 'Not Found', status: 404 });
});

test('routes() lists the registered routes', () => {
  const admin = createRouter().get('/', () => '');
  const app = createRouter()
    .on(['GET', 'POST'], '/a', () => '')
    .mount('/admin', admin);
  assert.deepEqual(app.routes(), [
    { method: 'GET', route: '/a' },
    { method: 'POST', route: '/a' },
    { method: 'GET', route: '/admin' },
  ]);
});

test('options are validated together on creation', () => {
  const options = { bodyLimitBytes: -1, bodyLimit: 3 };
  assert.throws(() => createRouter(options), {
    code: 'SONDE_ROUTER_OPTION',
    message: /bodyLimitBytes: expected number, got -1; unknown option bodyLimit: expected .*bodyLimitBytes/,
  });
  assert.throws(() => createRouter().on('not a method' as Method, '/', () => ''), {
    code: 'SONDE_ROUTE_METHOD',
  });
});
