import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { PrometheusExporter } from '@sonde/exporters';
import { collectNow } from '@sonde/sdk';

test('contract: upstream metrics can be collected synchronously and repeatedly', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const counter = provider.getMeter('test', '1').createCounter('c');
  counter.add(1, { a: 1 });
  await exporter.collect();
  counter.add(2, { a: 1 });
  assert.deepEqual(listValues(exporter), [3]);
  counter.add(4, { a: 1 });
  assert.deepEqual(listValues(exporter), [7]);
  await provider.shutdown();
  counter.add(8, { a: 1 });
  assert.deepEqual(listValues(exporter), [15]);
});

test('a reader without a provider collects nothing', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  assert.equal(collectNow(exporter), undefined);
  await exporter.shutdown();
});

function listValues(exporter: PrometheusExporter): unknown[] {
  const scopes = collectNow(exporter) ?? [];
  return scopes.flatMap(({ metrics }) =>
    metrics.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value)),
  );
}
