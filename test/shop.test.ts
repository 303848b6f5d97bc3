import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './support/free-port.ts';
import { OtlpSink, type Received } from './support/otlp-sink.ts';
import { Program } from './support/program.ts';
import { injectFaults, startShop, startShopLoad, startShopService } from './support/shop.ts';

const timeout = 60_000;

const order = (quantity: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ product: 'bread', quantity }),
});

/** `gateway: POST /orders` for each item, sorted. */
const described = (items: readonly Received[]): readonly string[] =>
  items.map(({ resource, name }) => `${String(resource['service.name'])}: ${name}`).toSorted();

test(
  'an order is one trace across three services, and its job another, linked to it',
  { timeout },
  async () => {
    await using sink = await OtlpSink.start();
    const shop = await startShop(() => ({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }));
    await using _ = shop;
    const response = await fetch(`${shop.gateway.url}/orders`, order(2));
    assert.equal(response.status, 202);
    await shop.orders.program.printed('Packed');
    const page = await fetch(`http://${shop.orders.metricsAddress}/metrics`, {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    });
    const metrics = await page.text();
    const programs = [shop.gateway, shop.catalogue, shop.orders].map(({ program }) => program);
    for (const program of programs) program.kill('SIGTERM');
    await Promise.all(programs.map(({ ended }) => ended));
    await sink.settled();

    const { traceId } = sink.logs.find(({ name }) => name === 'Order placed') ?? {};
    const inTrace = (items: readonly Received[]): readonly Received[] =>
      items.filter((item) => item.traceId === traceId);
    assert.deepEqual(described(inTrace(sink.spans)), [
      'catalogue: GET /products/:id',
      'gateway: POST',
      'gateway: POST /orders',
      'orders: GET',
      'orders: POST /orders',
      'orders: send orders',
    ]);
    assert.deepEqual(described(inTrace(sink.logs)), [
      'gateway: Thank you for your order',
      'orders: Order placed',
    ]);

    const job = sink.spans.find(({ name }) => name === 'process orders');
    const sender = sink.spans.find(({ name }) => name === 'send orders');
    assert.ok(job && sender);
    assert.notEqual(job.traceId, traceId);
    const [link] = job.raw['links'] as { traceId: Uint8Array; spanId: Uint8Array }[];
    assert.ok(link);
    assert.equal(Buffer.from(link.traceId).toString('hex'), traceId);
    assert.equal(Buffer.from(link.spanId).toString('hex'), sender.spanId);
    assert.deepEqual(described(sink.spans.filter((span) => span.traceId === job.traceId)), [
      'catalogue: POST /products/:id/reservations',
      'orders: POST',
      'orders: pack',
      'orders: process orders',
    ]);
    assert.deepEqual(described(sink.logs.filter((log) => log.traceId === job.traceId)), [
      'catalogue: Reserved',
      'orders: Packed',
    ]);

    assert.match(metrics, /^shop_orders_total\{[^}]*product_id="bread"[^}]*\} 1\.?0?( # .*)?$/m);
    const exemplar = new RegExp(`^shop_order_price_EUR_bucket\\{.*\\} 1 # \\{.*trace_id="${traceId}"`, 'm');
    assert.match(metrics, exemplar);
  },
);

test('an invalid order gets a response with the reason', { timeout }, async () => {
  const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  await using shop = await startShop(() => off);
  const { gateway, catalogue } = shop;
  const status = async (path: string, init?: RequestInit): Promise<number> =>
    (await fetch(gateway.url + path, init)).status;
  assert.equal(await status('/orders', order(11)), 422);
  assert.equal(await status('/orders', { ...order(1), body: 'null' }), 422);
  assert.equal(await status('/products/unicorn'), 404);
  await injectFaults(catalogue, { errors: 1, slow: 0, blocked: 0 });
  assert.equal(await status('/products'), 502);
  await injectFaults(catalogue, { errors: 0, slow: 0, blocked: 0 });
  assert.equal(await status('/products'), 200);
  await assert.rejects(injectFaults(catalogue, { errors: 2, slow: 0, blocked: 0 }), /422/);
});

test('the pager logs alerts of Alertmanager', { timeout }, async () => {
  await using sink = await OtlpSink.start();
  const pager = await startShopService('pager', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  await using _ = pager.program;
  const alert = {
    status: 'firing',
    labels: { alertname: 'TargetDown', severity: 'page', job: 'orders' },
    annotations: { summary: 'orders cannot be scraped' },
  };
  const response = await fetch(`${pager.url}/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '4', alerts: [alert] }),
  });
  assert.equal(response.status, 204);
  const log = await sink.until(({ logs }) => logs.find(({ name }) => name.startsWith('firing')));
  assert.equal(log.name, 'firing: orders cannot be scraped');
  assert.equal(log.attributes['alert.name'], 'TargetDown');
  assert.equal(log.attributes['alert.service'], 'orders');
});

test(
  'npm start brings up all three, the load runs to its end, and SIGTERM ends them',
  { timeout },
  async () => {
    await using sink = await OtlpSink.start();
    const port = await freePort();
    await using all = new Program('npm', ['start', '--silent'], {
      cwd: join(import.meta.dirname, '..', 'examples', 'shop'),
      env: {
        NODE_OPTIONS: '',
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        GATEWAY_PORT: String(port),
        CATALOGUE_PORT: String(await freePort()),
        ORDERS_PORT: String(await freePort()),
        OTEL_METRICS_EXPORTER: 'none',
        // The next two ports are for the other services; a used port disables only an endpoint.
        METRICS_PORT: String(await freePort()),
      },
    });
    for (const name of ['catalogue', 'orders', 'gateway']) await all.printed(`sonde 0.1.0 ${name}`);
    await using load = startShopLoad({
      SHOP_URL: `http://127.0.0.1:${port}`,
      LOAD_RATE: '50',
      LOAD_SECONDS: '2',
    });
    assert.deepEqual(await load.ended, { code: 0, signal: null }, load.output);
    const answers: Record<string, number> = JSON.parse(load.stdout);
    assert.equal(
      Object.values(answers).reduce((sum, count) => sum + count),
      100,
    );
    assert.ok((answers['200'] ?? 0) > 0, load.stdout);
    all.kill('SIGTERM');
    await all.ended;
    await sink.settled();
    const services = new Set(sink.spans.map(({ resource }) => String(resource['service.name'])));
    assert.deepEqual([...services].toSorted(), ['catalogue', 'gateway', 'orders']);
    const entries = sink.spans.filter(({ name, resource }) => {
      return resource['service.name'] === 'gateway' && /^(GET|POST) \//.test(name);
    });
    assert.equal(entries.length, 100, 'every request is there');
  },
);

test('a port in use is one sentence, and nothing starts', { timeout }, async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const cwd = join(import.meta.dirname, '..', 'examples', 'shop');
  const ports = { GATEWAY_PORT: String(await freePort()), CATALOGUE_PORT: String(port) };
  await using shop = new Program(process.execPath, ['start.js'], { cwd, env: ports });
  assert.deepEqual(await shop.ended, { code: 1, signal: null });
  assert.equal(shop.output, `Port ${port} is in use: set CATALOGUE_PORT to another one.\n`);
});
