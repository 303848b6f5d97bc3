import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const program = `
  const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
  const { ConsoleMetricExporter } = require('@sonde/exporters');
  const exporter = new ConsoleMetricExporter({ stream: 'stdout' });
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  provider.getMeter('@sonde/instrumentation-runtime-node').createGauge('process.uptime', { unit: 's' }).record(1.23456789);
  const meter = provider.getMeter('shop');
  const orders = meter.createCounter('orders', { unit: '{order}' });
  orders.add(5, { payment: 'card' });
  orders.add(2, { payment: 'in\\ncash' });
  const size = meter.createHistogram('size', { unit: 'By' });
  size.record(10);
  size.record(20);
  const many = meter.createCounter('many');
  for (let i = 0; i < 12; i++) many.add(1, { i });
  provider.shutdown();
`;

test('each metric is one line, with the metrics of the application first', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@sonde/source',
    '--eval',
    program,
  ]);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines
      .slice(0, 2)
      .concat(lines.slice(3))
      .map((line) => line.replace(/^\d\d:\d\d:\d\d /, '')),
    [
      'orders  5 {order} {payment=card}  2 {order} {payment=in\\ncash}',
      'size  count=2 mean=15 min=10 max=20 By',
      'process.uptime  1.23457 s',
    ],
  );
  assert.match(lines[2] ?? '', /many {2}1 \{i=0\} .* and 2 more series$/);
});
