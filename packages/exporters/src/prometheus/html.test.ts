import assert from 'node:assert/strict';
import { test } from 'node:test';

import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType } from '@opentelemetry/sdk-metrics';

import { openMetricsAccept, serve, type Served } from '../testing/served-exporter.ts';

const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

function measure({ provider }: Served): void {
  provider.getMeter('@sonde/exporters').createCounter('sonde.metrics.rejected').add(1);
  provider.getMeter('@opentelemetry/instrumentation-x').createGauge('process.uptime').record(1);
  provider.getMeter('@sonde/instrumentation-http').createHistogram('http.server.request.duration').record(2);
  const orders = provider.getMeter('shop').createCounter('orders', { description: 'Orders <placed> & paid' });
  orders.add(5, { product: '<script>alert(1)</script>' });
}

test('a browser gets a page with the metrics of the application first, and nothing to execute', async () => {
  await using served = await serve({ scopeInfo: false });
  measure(served);
  const response = await fetch(served.url, { headers: { accept: browserAccept } });
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const page = await response.text();
  assert.doesNotMatch(page, /<script/);
  assert.match(page, /Orders &lt;placed&gt; &amp; paid/);
  assert.match(page, /1 values, mean 2/);
  const headings = Array.from(page.matchAll(/<h[23]>([^<]*?) ?</g), ([, text]) => text);
  assert.deepEqual(headings, [
    'Application',
    'orders_total',
    'Requests and queries',
    'http_server_request_duration',
    'Process and runtime',
    'process_uptime',
    'Telemetry',
    'sonde_metrics_rejected_total',
    'target_info',
  ]);
});

test('machines see no difference, and every format has the metrics of the application first', async () => {
  await using served = await serve({ scopeInfo: false });
  measure(served);
  for (const accept of ['*/*', 'text/plain', openMetricsAccept, 'application/json', '']) {
    const page = await served.scrape(accept);
    const families = Array.from(page.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name?.replace('_total', ''));
    assert.deepEqual(
      families.filter((name) => !name?.startsWith('target')),
      ['orders', 'http_server_request_duration', 'process_uptime', 'sonde_metrics_rejected'],
    );
  }
});

test('resource labels are selected by patterns', async () => {
  const resource = resourceFromAttributes({
    'k8s.pod.name': 'p',
    'k8s.pod.uid': 'u',
    'service.name': 's',
    serviceXname: 'x',
  });
  const included = ['k8s.*', 'service.name'];
  await using served = await serve(
    { scopeInfo: false, targetInfo: false, resourceLabels: { included, excluded: ['*.uid'] } },
    { resource },
  );
  served.provider.getMeter('m').createCounter('c').add(1);
  assert.match(await served.scrape(), /^c_total\{k8s_pod_name="p",service_name="s"\} 1$/m);
});

test('the default aggregation is a choice of the reader', async () => {
  await using served = await serve({
    scopeInfo: false,
    aggregationSelector: () => ({
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [7] },
    }),
  });
  served.provider.getMeter('m').createHistogram('h').record(1);
  assert.match(await served.scrape(), /^h_bucket\{le="7"\} 1$/m);
});
