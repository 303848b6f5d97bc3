import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, problem } from './index.ts';

test('a route answers over a socket with its parameters, decoded', async () => {
  const server = await createRouter()
    .get('/users/:id', (c) => ({ id: c.params.id }))
    .listen();
  const response = await fetch(`${server.url}/users/a%2Fb`);
  assert.deepEqual(await response.json(), { id: 'a/b' });
  assert.equal(response.headers.get('content-type'), 'application/json');
  await server.close();
});

test('a path without a route is a 404 problem, a route of another method 405 with Allow', async () => {
  const app = createRouter().get('/a', () => 'a');
  const missing = await app.fetch(new Request('http://test/b'));
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('content-type'), 'application/problem+json');
  const wrong = await app.fetch(new Request('http://test/a', { method: 'POST' }));
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD, OPTIONS');
});

test('a thrown problem is answered as it is', async () => {
  const app = createRouter().get('/', () => {
    throw problem(409, 'Taken', { by: 'you' });
  });
  const response = await app.fetch(new Request('http://test/'));
  assert.deepEqual(await response.json(), { title: 'Conflict', by: 'you', status: 409, detail: 'Taken' });
});

test('a port that cannot be had rejects with host and port', async () => {
  const server = await createRouter().listen();
  await assert.rejects(createRouter().listen({ port: server.port }), {
    code: 'SONDE_LISTEN',
    message: new RegExp(`127\\.0\\.0\\.1:${server.port}`),
  });
  await server.close();
});
