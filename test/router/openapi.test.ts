// The OpenAPI document by a validator and a client generator that users have, and its page in a browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { created, createRouter, problem, type Router, type StandardSchema } from '@sonde/router';
import { createDocument, openApi, validateResponses } from '@sonde/router/openapi';
import { type } from 'arktype';
import type * as Valibot from 'valibot';
import { z } from 'zod';
import { lockedModules } from '../support/locked-modules.ts';
import { missingProgram } from '../support/needs.ts';

const run = promisify(execFile);

const folder = join(import.meta.dirname, 'openapi');
let load: (name: string) => Promise<never>;

before(async () => {
  await lockedModules(folder);
  ({ load } = (await import(pathToFileURL(join(folder, 'load.mjs')).href)) as { load: typeof load });
});

const Item = z.object({ sku: z.string(), count: z.number().int().min(1) }).meta({ id: 'Item' });
const Order = z.object({ id: z.number(), items: z.array(Item) }).meta({ id: 'Order' });
const NewOrder = z.object({ items: z.array(Item) });
interface Tree {
  readonly name: string;
  readonly children: Tree[];
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});

function createShop(page: StandardSchema): Router {
  const orders = new Map([[1, { id: 1, items: [{ sku: 'a', count: 2 }] }]]);
  return createRouter()
    .get(
      '/orders/:id',
      {
        params: z.object({ id: z.coerce.number() }),
        response: { 200: Order },
        docs: { summary: 'Reads an order', tags: ['orders'] },
      },
      (c) => orders.get(c.params.id) ?? problem(404, 'No such order'),
    )
    .post(
      '/orders',
      { body: NewOrder, response: { 201: Order }, docs: { operationId: 'placeOrder', tags: ['orders'] } },
      (c) => created({ id: 2, items: c.body.items }, '/orders/2'),
    )
    .get('/orders', { query: page, headers: type({ 'x-tenant': 'string' }) }, (c) => ({
      tenant: c.headers['x-tenant'],
      query: c.query as object,
    }))
    .post('/trees', { body: Tree, response: Tree }, (c) => c.body)
    .get('/files/*path', (c) => c.params.path)
    .on('PURGE', '/files/*path', () => null)
    .get('/internal', { docs: { visible: false } }, () => 'hidden');
}

test('the document is valid, and a generated client calls the server', { timeout: 120_000 }, async (t) => {
  const v = (await load('valibot')) as typeof Valibot;
  const { toJsonSchema } = (await load('@valibot/to-json-schema')) as {
    toJsonSchema: (schema: unknown) => object;
  };
  const page = v.object({ page: v.optional(v.string()), tag: v.array(v.string()) });
  const app = createShop(page);
  openApi(app, {
    info: { title: 'Shop', version: '1.0.0' },
    converters: { valibot: (schema) => toJsonSchema(schema) as Record<string, unknown> },
    document: { tags: [{ name: 'orders' }] },
  });
  await using server = await app.listen();
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
    components: { schemas: object };
  };
  assert.deepEqual(Object.keys(document.paths), ['/orders/{id}', '/orders', '/trees', '/files/{path}']);
  assert.deepEqual(Object.keys(document.components.schemas).toSorted(), [
    'Item',
    'ItemInput',
    'Order',
    'Problem',
    'Schema',
    'SchemaOutput',
  ]);
  assert.deepEqual(
    document.paths['/orders']?.['get']?.parameters?.map(({ name }) => name),
    ['page', 'tag', 'x-tenant'],
  );

  const { Validator } = (await load('@seriousme/openapi-schema-validator')) as {
    Validator: new () => {
      version: string;
      validate(value: object): Promise<{ valid: boolean; errors?: unknown }>;
    };
  };
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');

  const { createClient } = (await load('@hey-api/openapi-ts')) as {
    createClient: (options: object) => Promise<unknown>;
  };
  const output = await mkdtemp(join(folder, '.program-'));
  t.after(() => rm(output, { recursive: true }));
  await createClient({
    input: `${server.url}/openapi.json`,
    output: { path: output, module: { extension: '.ts' } },
    logs: { level: 'silent' },
    plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
  });
  const sdk = (await import(pathToFileURL(join(output, 'sdk.gen.ts')).href)) as Record<
    'getOrdersId' | 'placeOrder' | 'getOrders' | 'postTrees',
    (options: object) => Promise<{ data?: unknown; error?: { detail?: string }; response: Response }>
  >;
  const options = { baseUrl: server.url };
  const read = await sdk.getOrdersId({ ...options, path: { id: 1 } });
  assert.deepEqual(read.data, { id: 1, items: [{ sku: 'a', count: 2 }] });
  const missing = await sdk.getOrdersId({ ...options, path: { id: 9 } });
  assert.equal(missing.error?.detail, 'No such order');
  const placed = await sdk.placeOrder({ ...options, body: { items: [{ sku: 'b', count: 1 }] } });
  assert.deepEqual([placed.response.status, placed.data], [201, { id: 2, items: [{ sku: 'b', count: 1 }] }]);
  const list = await sdk.getOrders({ ...options, query: { tag: ['x'] }, headers: { 'x-tenant': 't' } });
  assert.deepEqual(list.data, { tenant: 't', query: { tag: ['x'] } });
  const tree = { name: 'a', children: [{ name: 'b', children: [] }] };
  assert.deepEqual((await sdk.postTrees({ ...options, body: tree })).data, tree);
});

test('unknown addresses show the routes in development, and invalid responses fail there', async (t) => {
  t.mock.method(console, 'error', () => {});
  const app = createRouter();
  app.use(validateResponses(() => app.routes()));
  app
    .get('/good', { response: z.object({ a: z.number() }) }, () => ({ a: 1 }))
    .get('/bad', { response: z.object({ a: z.number() }), docs: { summary: '<b>Bad</b>' } }, () => ({
      a: 'x',
    }))
    .get('/refused', { response: z.object({ a: z.number() }) }, () => problem(401));
  openApi(app, { info: { title: 'Shop', version: '1' }, listOnNotFound: true });
  const statusOf = async (path: string): Promise<number> =>
    (await app.fetch(new Request(`http://test${path}`))).status;
  assert.deepEqual(
    [await statusOf('/good'), await statusOf('/bad'), await statusOf('/refused')],
    [200, 500, 401],
  );
  const missing = await app.fetch(new Request('http://test/nothing'));
  assert.equal(missing.status, 404);
  const html = await missing.text();
  assert.match(html, /<td>GET<\/td><td>\/bad<\/td><td>&#60;b&#62;Bad/);
  assert.doesNotMatch(html, /openapi\.json/);
  assert.throws(() => openApi(createRouter(), { info: {} } as never), { code: 'SONDE_ROUTER_OPTION' });
  const twice = createRouter()
    .get('/a', { docs: { operationId: 'same' } }, () => '')
    .get('/b', { docs: { operationId: 'same' } }, () => '');
  assert.throws(
    () => createDocument(twice.routes(), { info: { title: '', version: '' } }),
    /Duplicate operationId/,
  );
});

test(
  'the documentation page shows the operations in a browser, and loads nothing from elsewhere',
  {
    skip: missingProgram('chromium'),
    timeout: 60_000,
  },
  async () => {
    const addresses: string[] = [];
    const app = createRouter().use((c, next) => {
      addresses.push(c.path);
      return next();
    });
    app.get('/orders/:id', { docs: { summary: 'Reads an order' } }, (c) => c.params);
    const viewerFolder = join(folder, 'node_modules', 'swagger-ui-dist');
    openApi(app, { info: { title: 'Shop', version: '1.0.0' }, viewerFolder });
    await using server = await app.listen();
    const page = await fetch(`${server.url}/docs`);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--virtual-time-budget=20000',
      '--dump-dom',
    ];
    const { stdout } = await run('chromium', [...flags, `${server.url}/docs`], { maxBuffer: 1e7 });
    assert.match(stdout, /Reads an order/);
    assert.match(stdout, /Shop/);
    for (const path of [
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
      '/docs/start.js',
      '/openapi.json',
    ]) {
      assert.ok(addresses.includes(path), path);
    }
    for (const path of ['/docs/package.json', '/docs/..%2fpackage.json', '/docs/constructor']) {
      assert.equal((await fetch(server.url + path)).status, 404, path);
    }
  },
);
