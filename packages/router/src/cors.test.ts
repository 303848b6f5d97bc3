import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cors } from './cors.ts';
import { createRouter, problem } from './index.ts';

const shop = 'https://shop.example';
const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' };

test('a preflight and the response have the fields of the allowed origin, also a 404', async () => {
  const app = createRouter()
    .use(cors({ origin: [shop], credentials: true, exposedHeaders: ['x-total'], maxAgeSeconds: 60 }))
    .put('/a', () => problem(401));
  const send = (path: string, method: string, headers: Record<string, string>): Promise<Response> =>
    app.fetch(new Request(`http://test${path}`, { method, headers }));
  const allowed = await send('/a', 'OPTIONS', { origin: shop, ...preflight });
  assert.equal(allowed.status, 204);
  assert.deepEqual(Object.fromEntries(allowed.headers), {
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'x-a',
    'access-control-allow-methods': 'GET, HEAD, PUT, PATCH, POST, DELETE',
    'access-control-allow-origin': shop,
    'access-control-max-age': '60',
    vary: 'origin, access-control-request-headers',
  });
  for (const [path, method, status] of [
    ['/a', 'PUT', 401],
    ['/none', 'GET', 404],
  ] as const) {
    const { status: actual, headers } = await send(path, method, { origin: shop });
    assert.equal(actual, status);
    assert.equal(headers.get('access-control-allow-origin'), shop);
    assert.equal(headers.get('access-control-expose-headers'), 'x-total');
  }
  for (const origin of ['https://evil.example', `${shop}.evil.example`, 'null']) {
    for (const method of ['PUT', 'OPTIONS']) {
      const { headers } = await send('/a', method, { origin, ...(method === 'OPTIONS' && preflight) });
      assert.equal(headers.get('access-control-allow-origin'), null, origin);
      assert.match(headers.get('vary') ?? '', /^origin/);
    }
  }
  assert.equal((await send('/a', 'PUT', {})).headers.get('vary'), 'origin');
});

test('all origins need no vary, and cannot be combined with credentials', async () => {
  const app = createRouter()
    .use(cors())
    .get('/', () => 'ok');
  const { headers } = await app.fetch(new Request('http://test/', { headers: { origin: shop } }));
  assert.equal(headers.get('access-control-allow-origin'), '*');
  assert.equal(headers.get('vary'), null);
  assert.throws(() => cors({ credentials: true }), { code: 'SONDE_ROUTER_OPTION' });
  assert.throws(() => cors({ origins: shop } as never), { code: 'SONDE_ROUTER_OPTION' });
});
