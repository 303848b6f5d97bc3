import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, type Next, type Problem, problem, type StandardSchema } from '../index.ts';

const get = (path = '/', headers: Record<string, string> = {}): Request =>
  new Request(`http://test${path}`, { headers });

/** A schema that nothing fits. */
const refusing: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
};

test('middleware runs around the routes after it, the first outermost, and may change the answer', async () => {
  const seen: string[] = [];
  const app = createRouter()
    .get('/before', () => 'plain')
    .use(async (c, next) => {
      seen.push('a in');
      c.header('x-a', '1');
      const answer = await next();
      seen.push('a out');
      return answer;
    })
    .use((_, next) => {
      seen.push('b');
      return next();
    })
    .get('/', () => {
      seen.push('handler');
      return 'ok';
    });
  assert.equal((await app.fetch(get('/before'))).headers.has('x-a'), false);
  const response = await app.fetch(get());
  assert.equal(response.headers.get('x-a'), '1');
  assert.deepEqual(seen, ['a in', 'b', 'handler', 'a out']);
});

test('state accumulates across middleware; a response ends the chain', async () => {
  const app = createRouter()
    .use((c, next) => {
      const user = c.headers['x-user'];
      return typeof user === 'string' ? next({ user }) : problem(401);
    })
    .use((c, next) => next({ greeting: `hello ${c.state.user}` }))
    .get('/', (c) => c.state);
  assert.deepEqual(await (await app.fetch(get('/', { 'x-user': 'ada' }))).json(), {
    user: 'ada',
    greeting: 'hello ada',
  });
  assert.equal((await app.fetch(get())).status, 401);
});

test('errors of a handler reach the middleware', async () => {
  const app = createRouter()
    .use(async (_, next) => {
      try {
        return await next();
      } catch {
        return 'caught';
      }
    })
    .get('/', () => {
      throw new Error('no');
    });
  assert.equal(await (await app.fetch(get())).text(), 'caught');
});

test('middleware may omit returning the result of next(); middleware that does nothing causes a 500', async (t) => {
  t.mock.method(console, 'error', () => {});
  const forgetful = createRouter()
    .use(async (_, next) => {
      await next();
    })
    .get('/', () => 'ok');
  assert.equal(await (await forgetful.fetch(get())).text(), 'ok');
  const idle = createRouter()
    .use(() => {})
    .get('/', () => 'never');
  assert.equal((await idle.fetch(get())).status, 500);
  const twice = createRouter()
    .use(async (_, next) => {
      await next();
      return next();
    })
    .get('/', () => 'never');
  assert.equal((await twice.fetch(get())).status, 500);
});

test('a mounted router keeps its routes, middleware and options, inside those of its parent', async () => {
  const admin = createRouter<{ user: string }>({ bodyLimitBytes: 1, onError: () => problem(418) })
    .use((c, next) => next({ role: `${c.state.user}-admin` }))
    .get('/', (c) => c.state.role)
    .get('/users/:id', (c) => [c.route, c.params])
    .post('/', (c) => c.text())
    .get('/broken', () => {
      throw new Error('no');
    });
  const app = createRouter()
    .use((_, next) => next({ user: 'ada' }))
    .mount('/admin/:org', admin);
  assert.equal(await (await app.fetch(get('/admin/x'))).text(), 'ada-admin');
  assert.deepEqual(await (await app.fetch(get('/admin/x/users/1'))).json(), [
    '/admin/:org/users/:id',
    { org: 'x', id: '1' },
  ]);
  assert.equal((await app.fetch(get('/admin/x/broken'))).status, 418);
  const large = new Request('http://test/admin/x', { method: 'POST', body: 'ab' });
  assert.equal((await app.fetch(large)).status, 413);
  assert.throws(() => admin.get('/late', () => ''), { code: 'SONDE_ROUTER_MOUNTED' });
  const late = createRouter().get('/late', () => '');
  assert.throws(() => app.mount('/x/', late), { code: 'SONDE_ROUTE_TEMPLATE' });
});

test('unmatched requests run through the middleware of the router', async () => {
  const seen: [string, string, string][] = [];
  const app = createRouter()
    .get('/before', () => 'plain')
    .use(async (c, next) => {
      c.header('access-control-allow-origin', '*');
      if (c.method === 'OPTIONS' && 'access-control-request-method' in c.headers) return null;
      const answer = await next();
      seen.push([c.method, c.path, c.route]);
      return answer;
    })
    .mount(
      '/admin',
      createRouter()
        .use(() => problem(401))
        .get('/', () => 'never'),
    );
  const call = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    app.fetch(new Request(`http://test${path}`, { method, headers }));
  const preflight = await call('OPTIONS', '/before', { 'access-control-request-method': 'GET' });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  const missing = await call('GET', '/missing');
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('access-control-allow-origin'), '*');
  const refused = await call('POST', '/before');
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS');
  assert.equal((await call('GET', '/admin/missing')).status, 404);
  assert.deepEqual(seen, [
    ['GET', '/missing', ''],
    ['POST', '/before', ''],
    ['GET', '/admin/missing', ''],
  ]);
});

test('an error in middleware around an unmatched request is handled like any other', async () => {
  const app = createRouter({ onError: () => problem(418) }).use(() => {
    throw new Error('no');
  });
  assert.equal((await app.fetch(get('/missing'))).status, 418);
});

test('middleware of a route runs for that route only and may respond', async () => {
  const guard = (): Problem => problem(401);
  const app = createRouter()
    .get('/admin', guard, () => 'secret')
    .post('/admin', { body: refusing }, guard, () => 'secret')
    .on(['PUT', 'PATCH'], '/admin', guard, () => 'secret')
    .get('/open', () => 'open');
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH']) {
    const response = await app.fetch(new Request('http://test/admin', { method }));
    assert.equal(response.status, 401, method);
    assert.doesNotMatch(await response.text(), /secret/);
  }
  assert.equal(await (await app.fetch(get('/open'))).text(), 'open');
});

test('middleware of a route runs inside the router’s, in its order, and before the schemas', async () => {
  const seen: string[] = [];
  const step = (name: string) => (_: unknown, next: Next) => {
    seen.push(name);
    return next({ [name]: true });
  };
  const app = createRouter()
    .use(step('router'))
    .use(step('second'))
    .get('/', step('a'), step('b'), (c) => c.state)
    .get('/none', { query: refusing }, step('guard'), () => 'never');
  assert.deepEqual(await (await app.fetch(get())).json(), { router: true, second: true, a: true, b: true });
  assert.deepEqual(seen.splice(0), ['router', 'second', 'a', 'b']);
  assert.equal((await app.fetch(get('/none'))).status, 400);
  assert.deepEqual(seen, ['router', 'second', 'guard']);
});

test('a guard that neither responds nor calls next() blocks the request', async (t) => {
  t.mock.method(console, 'error', () => {});
  const app = createRouter()
    .get(
      '/silent',
      () => {},
      () => 'secret',
    )
    .get(
      '/throws',
      () => {
        throw problem(403);
      },
      () => 'secret',
    );
  assert.equal((await app.fetch(get('/silent'))).status, 500);
  assert.equal((await app.fetch(get('/throws'))).status, 403);
});
