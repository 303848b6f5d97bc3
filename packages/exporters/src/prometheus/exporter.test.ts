import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { after, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { PrometheusExporter as UpstreamExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { parseOpenMetrics } from '../testing/openmetrics.ts';
import { openMetricsAccept, serve } from '../testing/served-exporter.ts';
import type { Authentication } from './http/authenticator.ts';
import { PrometheusExporter } from './exporter.ts';
import { type Notice, SondeConfigError } from '@sonde/sdk';

function readPort(url: string): number {
  return Number(new URL(url).port);
}

async function rawResponse(url: string, headers: Record<string, string>): Promise<[IncomingMessage, Buffer]> {
  const request = httpRequest(url, { headers }).end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  assert.ok(response);
  return [response, Buffer.concat(await response.toArray())];
}

/** The members that a program for upstream's exporter uses. */
type Members = Pick<
  UpstreamExporter,
  'collect' | 'forceFlush' | 'getMetricsRequestHandler' | 'shutdown' | 'startServer' | 'stopServer'
>;

test("a program for upstream's exporter works with this one", async () => {
  const pages: string[] = [];
  for (const Exporter of [UpstreamExporter, PrometheusExporter]) {
    const exporter = new Exporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    provider.getMeter('app').createCounter('orders').add(3, { country: 'at' });
    const members: Members = exporter;
    const server = createServer((request, response) => members.getMetricsRequestHandler(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    pages.push(page.split('\n').find((line) => line.startsWith('orders_total{')) ?? page);
    await members.forceFlush();
    await members.shutdown();
    server.close();
    server.closeAllConnections();
  }
  const [upstream, own] = pages;
  assert.match(upstream ?? '', /country="at".* 3(\.0)?$/);
  assert.match(own ?? '', /country="at".* 3$/);
});

test('the default format is text 0.0.4', async () => {
  await using served = await serve();
  const response = await fetch(served.url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  await response.text();
});

test('methods other than GET and HEAD are rejected', async () => {
  await using served = await serve();
  await Promise.all(
    ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map(async (method) => {
      const response = await fetch(served.url, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'GET, HEAD');
    }),
  );
});

test('HEAD returns the headers without a body', async () => {
  await using served = await serve();
  const response = await fetch(served.url, { method: 'HEAD' });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /version=0\.0\.4/);
  assert.equal(await response.text(), '');
});

test('other paths are not found, and a query is ignored', async () => {
  await using served = await serve({ path: '/internal/metrics' });
  const { origin } = new URL(served.url);
  assert.equal((await fetch(`${origin}/metrics`)).status, 404);
  assert.equal((await fetch(`${origin}/internal/metrics?a=b`)).status, 200);
});

test('gzip is used if the scraper accepts it', async () => {
  await using served = await serve();
  served.provider.getMeter('test').createCounter('c').add(1);
  const [plain, plainBody] = await rawResponse(served.url, {});
  const [packed, packedBody] = await rawResponse(served.url, { 'accept-encoding': 'gzip' });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.deepEqual(gunzipSync(packedBody), plainBody);
});

test('name[] selects metrics by the names of their samples', async () => {
  await using served = await serve({ targetInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createCounter('c').add(1);
  meter.createGauge('g').record(1);
  meter.createHistogram('h').record(1);
  const response = await fetch(`${served.url}?name[]=c_total&name[]=h_count`, {
    headers: { accept: openMetricsAccept },
  });
  assert.deepEqual(
    parseOpenMetrics(await response.text()).map(({ name }) => name),
    ['c', 'h'],
  );
});

test('1,500 names can be requested', async () => {
  await using served = await serve({ targetInfo: false });
  served.provider.getMeter('test').createCounter('c').add(1);
  const names = Array.from({ length: 1500 }, (_, index) => `name[]=shop_orders_${index}_total`);
  const response = await fetch(`${served.url}?name[]=c_total&${names.join('&')}`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /^c_total\{/m);
});

test('a failed collection is a 503 without details, which the notice has', async () => {
  const notices: Notice[] = [];
  const exporter = new PrometheusExporter({ port: 0, onNotice: (notice) => void notices.push(notice) });
  const start = await exporter.ready();
  assert.ok('url' in start);
  const response = await fetch(start.url, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(response.status, 503);
  assert.equal(await response.text(), 'failed to collect metrics\n');
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_PROMETHEUS_SCRAPE_FAILED'],
  );
  assert.match(notices[0]?.message ?? '', /not bound to a MetricProducer/);
  await exporter.shutdown();
});

test('UTF-8 names are sent on request, and otherwise escaped', async () => {
  await using served = await serve({
    translationStrategy: 'NoTranslation',
    scopeInfo: false,
    targetInfo: false,
  });
  served.provider
    .getMeter('test')
    .createGauge('http.größe', { description: 'x' })
    .record(1, { 'http.route': '/' });
  assert.ok(
    (await served.scrape('text/plain;version=1.0.0;escaping=allow-utf-8')).endsWith(
      '# TYPE "http.größe" gauge\n{"http.größe","http.route"="/"} 1\n',
    ),
  );
  assert.ok((await served.scrape('text/plain;version=0.0.4')).endsWith('http_gr__e{http_route="/"} 1\n'));
  assert.ok(
    (await served.scrape('text/plain;version=0.0.4;escaping=values')).endsWith(
      'U__http_2e_gr_f6__df_e{U__http_2e_route="/"} 1\n',
    ),
  );
  const [family] = parseOpenMetrics(
    await served.scrape('application/openmetrics-text;version=1.0.0;escaping=allow-utf-8'),
  );
  assert.equal(family?.name, 'http.größe');
});

test('OpenMetrics has unit, help and the start time of a series', async () => {
  await using served = await serve({ targetInfo: false, scopeInfo: false });
  const meter = served.provider.getMeter('test');
  meter.createCounter('work', { unit: 's', description: 'Work\n"done"\\' }).add(1.5);
  const before = Date.now() / 1000;
  const [family] = parseOpenMetrics(await served.scrape(openMetricsAccept));
  assert.deepEqual([family?.name, family?.unit, family?.help], ['work_seconds', 'seconds', 'Work\n"done"\\']);
  const created = family?.samples.find(({ name }) => name === 'work_seconds_created')?.value ?? 0;
  assert.ok(Math.abs(created - before) < 10);
});

test('a port in use is one notice, and is opened when it becomes free', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const address = blocker.address();
  assert.ok(typeof address === 'object' && address !== null);
  const notices: Notice[] = [];
  const listening = Promise.withResolvers<void>();
  const exporter = new PrometheusExporter({
    port: address.port,
    retryIntervalMs: 10,
    onNotice: (notice) => {
      notices.push(notice);
      if (notice.code === 'SONDE_PROMETHEUS_LISTENING') listening.resolve();
    },
  });
  const provider = new MeterProvider({ readers: [exporter] });
  const first = await exporter.ready();
  assert.ok('error' in first && 'code' in first.error);
  assert.equal(first.error.code, 'EADDRINUSE');
  blocker.close();
  const alive = setInterval(() => undefined, 1000);
  await listening.promise;
  clearInterval(alive);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_PROMETHEUS_LISTEN_FAILED', 'SONDE_PROMETHEUS_LISTENING'],
  );
  const second = await exporter.ready();
  assert.ok('url' in second);
  assert.equal((await fetch(second.url)).status, 200);
  await provider.shutdown();
});

test('shutdown closes the server; a second shutdown or a later start has no effect', async () => {
  const served = await serve();
  await served.provider.shutdown();
  await served.exporter.stopServer();
  await assert.rejects(fetch(served.url));
});

test('the handler can be mounted in another server', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  provider.getMeter('test').createGauge('g').record(4);
  const server = createServer(exporter.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const response = await fetch(`http://127.0.0.1:${address.port}/anything`);
  assert.match(await response.text(), /^g\{otel_scope_name="test"\} 4$/m);
  server.close();
  await provider.shutdown();
});

const credentials: readonly [Authentication, string, string][] = [
  [{ username: 'prom', password: 'p:ä' }, `Basic ${Buffer.from('prom:p:ä').toString('base64')}`, 'Basic'],
  [{ bearerToken: 'tok' }, 'bearer tok', 'Bearer'],
];

for (const [authentication, right, scheme] of credentials) {
  test(`${scheme} authentication accepts valid credentials`, async () => {
    await using served = await serve({ authentication });
    const wrong = ['', 'Bearer', 'Bearer x', 'Basic eDp5', `${right}x`, right.slice(0, -1), 'tok'];
    await Promise.all(
      wrong.map(async (authorization) => {
        const response = await fetch(served.url, { headers: { authorization } });
        assert.equal(response.status, 401, authorization);
        assert.ok(response.headers.get('www-authenticate')?.startsWith(scheme));
      }),
    );
    assert.equal((await fetch(served.url, { headers: { authorization: right } })).status, 200);
  });
}

test('all invalid options are reported in one error', () => {
  const options: object = {
    prot: 1,
    port: 70_000,
    path: 'metrics',
    authentication: 'secret',
    translationStrategy: 'x',
  };
  assert.throws(
    () => new PrometheusExporter(options),
    (error) => {
      assert.ok(error instanceof SondeConfigError);
      assert.equal(error.code, 'SONDE_CONFIG');
      assert.equal(error.faults.length, 5);
      assert.match(error.message, /prot: unknown option; did you mean port\?/);
      assert.match(error.message, /port: expected a whole number from 0 to 65535.*, got 70000/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

test('an invalid key is reported as an invalid option', () => {
  assert.throws(
    () => new PrometheusExporter({ tls: { cert: 'x', key: 'y' } }),
    /tls: invalid key or certificate/,
  );
});

test('environment variables apply without an option, and are ignored if invalid', async () => {
  after(() => delete process.env['OTEL_EXPORTER_PROMETHEUS_PORT']);
  process.env['OTEL_EXPORTER_PROMETHEUS_PORT'] = '0';
  const exporter = new PrometheusExporter();
  const start = await exporter.ready();
  assert.ok('url' in start && readPort(start.url) !== 9464);
  await exporter.shutdown();
  process.env['OTEL_EXPORTER_PROMETHEUS_PORT'] = 'http';
  const notices: Notice[] = [];
  const other = new PrometheusExporter({
    preventServerStart: true,
    onNotice: (notice) => void notices.push(notice),
  });
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_ENVIRONMENT_INVALID'],
  );
  await other.shutdown();
});

test('an exposition of many slices is complete', async () => {
  await using served = await serve({ cardinalityLimit: 40_000 });
  const counter = served.provider.getMeter('test').createCounter('c');
  for (let user = 0; user < 30_000; user++) counter.add(1, { user, path: `/users/${user}` });
  const page = await served.scrape();
  assert.equal(page.match(/^c_total\{/gm)?.length, 30_000);
});

test('a scraper that disconnects during a scrape does no harm', async () => {
  await using served = await serve({ cardinalityLimit: 40_000 });
  const counter = served.provider.getMeter('test').createCounter('c');
  for (let user = 0; user < 30_000; user++) counter.add(1, { user });
  const aborter = new AbortController();
  const response = await fetch(served.url, { signal: aborter.signal });
  await response.body?.getReader().read();
  aborter.abort();
  assert.equal((await fetch(served.url, { method: 'HEAD' })).status, 200);
  assert.deepEqual(served.notices, []);
});
