import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { fastify } from 'fastify';
import { createRouter, type Router } from './index.ts';
import { Sdk } from './testkit/sdk.ts';

const sdk = new Sdk();

const api = (): Router =>
  createRouter()
    .get('/users/:id', (c) => ({ id: c.params.id, href: c.url.pathname }))
    .post('/echo', async (c) => [await c.json()]);

async function serverUrl(server: HttpServer): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };

test('node:http: the handler is a request listener', async () => {
  const server = createServer(api().handler).listen(0, '127.0.0.1');
  const url = await serverUrl(server);
  assert.deepEqual(await (await fetch(`${url}/users/1`)).json(), { id: '1', href: '/users/1' });
  assert.equal((await fetch(`${url}/nope`)).status, 404);
  assert.equal((await sdk.spans(2))[0]?.name, 'GET /users/:id');
  server.close();
});

test('Express: below a path, after its body parser, and with its own routes behind', async () => {
  const host = express();
  host.use(express.json());
  host.use('/api', api().handler);
  host.get('/api/own', (_, res) => res.send('express'));
  const server = host.listen(0, '127.0.0.1');
  const url = await serverUrl(server);
  assert.deepEqual(await (await fetch(`${url}/api/users/1`)).json(), { id: '1', href: '/api/users/1' });
  assert.equal((await sdk.spans())[0]?.name, 'GET /api/users/:id');
  assert.deepEqual(await (await fetch(`${url}/api/echo`, post)).json(), [{ a: 1 }]);
  assert.equal(await (await fetch(`${url}/api/own`)).text(), 'express');
  server.close();
});

test('Fastify: a hook passes the raw request', async () => {
  const host = fastify();
  const { handler } = api();
  host.addHook('onRequest', (request, reply, next) => {
    if (!request.raw.url?.startsWith('/api/')) return next();
    reply.hijack();
    request.raw.url = request.raw.url.slice(4);
    return handler(request.raw, reply.raw);
  });
  host.get('/own', () => 'fastify');
  await host.listen({ port: 0, host: '127.0.0.1' });
  const url = await serverUrl(host.server);
  assert.equal((await fetch(`${url}/api/users/1`)).status, 200);
  assert.deepEqual(await (await fetch(`${url}/api/echo`, post)).json(), [{ a: 1 }]);
  assert.equal(await (await fetch(`${url}/own`)).text(), 'fastify');
  await host.close();
});
