import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { createRouter, type StandardSchema } from '../index.ts';

const post = (body: string, contentType = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': contentType },
});

const libraries: readonly [string, StandardSchema<unknown, { items: { sku: string }[] }>][] = [
  ['zod', z.object({ items: z.array(z.object({ sku: z.string() })) })],
  ['valibot', v.object({ items: v.array(v.object({ sku: v.string() })) })],
  ['arktype', type({ items: type({ sku: 'string' }).array() })],
];

for (const [name, body] of libraries) {
  test(`${name}: the body that fits reaches the handler, the fault of one that does not has a pointer`, async () => {
    const app = createRouter().post('/', { body }, (c) => c.body.items.map(({ sku }) => sku));
    const good = await app.fetch(new Request('http://test/', post('{"items":[{"sku":"a"}]}')));
    assert.deepEqual(await good.json(), ['a']);
    const bad = await app.fetch(new Request('http://test/', post('{"items":[{"sku":"a"},{"sku":1}]}')));
    assert.equal(bad.status, 400);
    const document = (await bad.json()) as { errors: { in: string; pointer: string; detail: string }[] };
    assert.deepEqual(
      document.errors.map(({ in: part, pointer }) => [part, pointer]),
      [['body', '#/items/1/sku']],
    );
  });
}

const everything = createRouter().post(
  '/orders/:id',
  {
    params: z.object({ id: z.coerce.number().int() }),
    query: z.object({ page: z.coerce.number().default(1), tag: z.array(z.string()).optional() }),
    headers: z.object({ 'x-tenant': z.string() }),
    body: z.object({ 'a/b~c': z.string() }),
  },
  (c) => ({
    id: c.params.id,
    page: c.query.page,
    tag: c.query.tag,
    tenant: c.headers['x-tenant'],
    body: c.body,
  }),
);

test('one response lists the faults of all parts', async () => {
  const response = await everything.fetch(new Request('http://test/orders/x?page=y', post('{"a/b~c":1}')));
  assert.equal(response.status, 400);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const document = (await response.json()) as { errors: { in: string; pointer: string; detail: string }[] };
  assert.deepEqual(
    document.errors.map(({ in: part, pointer }) => `${part} ${pointer}`),
    ['params #/id', 'query #/page', 'headers #/x-tenant', 'body #/a~1b~0c'],
  );
  assert.ok(document.errors.every(({ detail }) => detail.length > 0));
});

test('the handler receives the output of the schemas', async () => {
  const request = new Request('http://test/orders/7?tag=a&tag=b', post('{"a/b~c":"x"}'));
  request.headers.set('x-tenant', 't');
  const response = await everything.fetch(request);
  assert.deepEqual(await response.json(), {
    id: 7,
    page: 1,
    tag: ['a', 'b'],
    tenant: 't',
    body: { 'a/b~c': 'x' },
  });
});

test('a form is validated as an object; other types are 415, and no body at all is undefined', async () => {
  const app = createRouter().post(
    '/',
    { body: z.object({ a: z.string(), b: z.array(z.string()) }).optional() },
    (c) => c.body ?? 'none',
  );
  const form = await app.fetch(
    new Request('http://test/', post('a=1&b=2&b=3', 'application/x-www-form-urlencoded')),
  );
  assert.deepEqual(await form.json(), { a: '1', b: ['2', '3'] });
  assert.equal((await app.fetch(new Request('http://test/', post('{}', 'text/plain')))).status, 415);
  assert.equal(await (await app.fetch(new Request('http://test/', { method: 'POST' }))).text(), 'none');
});

test('an asynchronous schema is awaited', async () => {
  const body = z.string().refine((name) => Promise.resolve(name !== 'taken'), 'is taken');
  const app = createRouter().post('/', { body }, (c) => c.body);
  assert.equal(await (await app.fetch(new Request('http://test/', post('"free"')))).text(), 'free');
  const bad = await app.fetch(new Request('http://test/', post('"taken"')));
  assert.match(await bad.text(), /"pointer":"#","detail":"is taken"/);
});
