import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider, type CollectionResult } from '@opentelemetry/sdk-metrics';

import { serve } from '../../testing/served-exporter.ts';
import { PrometheusExporter } from '../exporter.ts';
import type { Notice } from '@sonde/sdk';

interface Mounted extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly provider: MeterProvider;
  readonly notices: readonly Notice[];
  /** Resolves when as many more requests have come. */
  readonly requested: (count: number) => Promise<void>;
  /** Resolves when a connection has ended. */
  readonly connectionClosed: Promise<unknown>;
}

/** Serves the metrics; each collection waits for `beforeCollection`. */
async function mounted(beforeCollection: () => Promise<void> = () => Promise.resolve()): Promise<Mounted> {
  const notices: Notice[] = [];
  const collect = async (): Promise<CollectionResult> => {
    await beforeCollection();
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [] }, errors: [] };
  };
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [{ collect }],
    onNotice: (notice) => void notices.push(notice),
  });
  const provider = new MeterProvider({ resource: emptyResource(), readers: [exporter] });
  const server = createServer(exporter.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connectionClosed = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    provider,
    notices,
    connectionClosed,
    requested: async (count) => {
      for (let request = 0; request < count; request++) await once(server, 'request');
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await provider.shutdown();
    },
  };
}

/** Makes the exposition larger than all buffers of a connection. */
function fillPage(provider: MeterProvider): void {
  const meter = provider.getMeter('test');
  const description = 'x'.repeat(1024 * 1024);
  for (let gauge = 0; gauge < 16; gauge++) meter.createGauge(`g${gauge}`, { description }).record(1);
}

/** Collections that begin one by one and wait to be let go. */
function gate(): { pass: () => Promise<void>; begun: () => number; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  return {
    pass: () => {
      begun++;
      return promise;
    },
    begun: () => begun,
    open: resolve,
  };
}

test('scrapes that arrive during a collection share the next one', async () => {
  const { pass, begun, open } = gate();
  await using served = await mounted(pass);
  const counter = served.provider.getMeter('test').createCounter('c');
  counter.add(1);
  const arrived = served.requested(1);
  const first = fetch(served.url);
  await arrived;
  counter.add(1);
  const others = served.requested(50);
  const later = Array.from({ length: 50 }, async () => (await fetch(served.url)).text());
  await others;
  open();
  assert.match(await (await first).text(), /^c_total\{.*\} [12]$/m);
  for (const page of await Promise.all(later)) assert.match(page, /^c_total\{.*\} 2$/m);
  assert.equal(begun(), 2);
});

test('each scraper receives the format and encoding it requests, from one collection', async () => {
  const { pass, begun, open } = gate();
  await using served = await mounted(pass);
  served.provider.getMeter('test').createCounter('c').add(1);
  const arrived = served.requested(1);
  const first = fetch(served.url);
  await arrived;
  const others = served.requested(4);
  const accepted = [
    { accept: 'text/plain' },
    { accept: 'application/openmetrics-text;version=1.0.0' },
    { accept: 'text/plain', 'accept-encoding': 'identity' },
    {
      accept:
        'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=values',
    },
  ];
  const later = accepted.map(async (headers) => fetch(served.url, { headers }));
  await others;
  open();
  await (await first).text();
  const types = await Promise.all(
    later.map(async (pending) => {
      const response = await pending;
      assert.ok((await response.arrayBuffer()).byteLength > 0);
      return `${response.headers.get('content-type')?.split(';', 1)[0]} ${response.headers.get('content-encoding')}`;
    }),
  );
  assert.deepEqual(types, [
    'text/plain gzip',
    'application/openmetrics-text gzip',
    'text/plain null',
    'application/vnd.google.protobuf gzip',
  ]);
  assert.equal(begun(), 2);
});

test('a collection that never ends fails its own scrapes with a 503, and the next scrape succeeds', async () => {
  let collections = 0;
  await using served = await mounted(() =>
    collections++ === 0 ? new Promise<void>(() => undefined) : Promise.resolve(),
  );
  const headers = { 'x-prometheus-scrape-timeout-seconds': '0.5' };
  const response = await fetch(served.url, { headers });
  assert.equal(response.status, 503);
  await response.text();
  assert.equal((await fetch(served.url, { headers })).status, 200);
});

test('scrapes beyond the limit receive a 503 with Retry-After', async () => {
  const { pass, open } = gate();
  await using served = await mounted(pass);
  const responses = Array.from({ length: 300 }, () => fetch(served.url));
  const refused = await Promise.any(
    responses.map(async (pending) => {
      const response = await pending;
      assert.equal(response.status, 503);
      return response;
    }),
  );
  assert.equal(refused.headers.get('retry-after'), '1');
  open();
  const statuses = (await Promise.all(responses)).map(({ status }) => status);
  const answered = statuses.filter((status) => status === 200).length;
  assert.ok(answered >= 256 && answered < 300, `${answered} answered`);
  assert.equal(statuses.filter((status) => status === 503).length, 300 - answered);
});

test('a response that is not read is aborted when the scrape timeout expires', async () => {
  await using served = await mounted();
  fillPage(served.provider);
  const socket = connect({ host: '127.0.0.1', port: served.port }).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n');
  await served.connectionClosed;
  socket.destroy();
  assert.deepEqual(served.notices, []);
});

test('a scraper that disconnects while waiting is removed', async () => {
  const { pass, begun, open } = gate();
  await using served = await mounted(pass);
  const arrived = served.requested(1);
  const first = fetch(served.url);
  await arrived;
  const second = connect({ host: '127.0.0.1', port: served.port });
  const came = served.requested(1);
  second.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await came;
  second.destroy();
  open();
  assert.equal((await first).status, 200);
  assert.equal((await fetch(served.url)).status, 200);
  assert.ok(begun() <= 3);
  assert.deepEqual(served.notices, []);
});

test('shutdown does not wait for a scraper that does not read, or for endless request headers', async () => {
  await using served = await serve({ targetInfo: false });
  fillPage(served.provider);
  const port = Number(new URL(served.url).port);
  const [reader, head] = [0, 1].map(() => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
  assert.ok(reader !== undefined && head !== undefined);
  head.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n');
  reader.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Prometheus-Scrape-Timeout-Seconds: 60\r\n\r\n');
  await once(reader, 'readable');
  const alive = setInterval(() => undefined, 1000);
  const early = new AbortController();
  const tooLate = delay(4000, 'too late', { signal: early.signal });
  assert.notEqual(await Promise.race([served.provider.shutdown(), tooLate]), 'too late');
  early.abort();
  await assert.rejects(tooLate);
  clearInterval(alive);
  reader.destroy();
  head.destroy();
});
