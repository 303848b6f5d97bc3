import cluster from 'node:cluster';
import { createServer } from 'node:http';

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { ProxyMeterProvider } from '../early-metrics/proxy-meter-provider.ts';
import { PrometheusExporter } from '../prometheus/exporter.ts';

/** A clustered server for tests: the primary forks workers, replaces those that end, and reports events to its parent. */
const hasOwnPrimary = process.env['FOREIGN_PRIMARY'] !== 'true';
const port = Number(process.env['METRICS_PORT'] ?? 0);

function report(message: object): void {
  process.send?.(message);
}

function measured(): { proxy: ProxyMeterProvider; provider: MeterProvider; exporter: PrometheusExporter } {
  const exporter = new PrometheusExporter({
    port,
    clusterPushIntervalMs: 200,
    clusterTimeoutMs: 500,
    scopeInfo: false,
  });
  const proxy = new ProxyMeterProvider();
  const provider = new MeterProvider({ readers: [exporter] });
  proxy.setDelegate(provider);
  return { proxy, provider, exporter };
}

async function runPrimary(): Promise<void> {
  if (hasOwnPrimary) {
    const { exporter, proxy } = measured();
    proxy.getMeter('app').createGauge('state').record(10);
    report({ type: 'metrics', start: await exporter.ready() });
  }
  cluster.on('listening', (worker) => report({ type: 'listening', pid: worker.process.pid }));
  cluster.on('exit', (worker, code, signal) => {
    report({ type: 'exit', pid: worker.process.pid, code, signal });
    cluster.fork();
  });
  for (let count = 0; count < Number(process.env['WORKERS'] ?? 4); count++) cluster.fork();
}

const inSpan = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: process.pid.toString(16).padStart(16, '0'),
  traceFlags: 1,
});

async function runWorker(): Promise<void> {
  const { proxy, provider, exporter } = measured();
  const meter = proxy.getMeter('app');
  const requests = meter.createCounter('requests');
  const sizes = meter.createHistogram('sizes', { advice: { explicitBucketBoundaries: [10, 100] } });
  const active = meter.createUpDownCounter('active');
  meter.createGauge('state').record(1);
  meter.createGauge('pid').record(process.pid);
  active.add(1);
  process.once('SIGTERM', () => {
    void provider.shutdown().finally(() => process.exit(143));
  });
  const start = await exporter.ready();
  const server = createServer({ keepAlive: false }, (request, response) => {
    if (request.url === '/crash') {
      setImmediate(() => {
        throw new Error('crash');
      });
    }
    if (request.url === '/block') {
      response.end('blocked');
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000));
      return;
    }
    if (request.url === '/metrics-url') {
      response.end(JSON.stringify(start));
      return;
    }
    requests.add(1, { route: request.url ?? '' });
    sizes.record(50, {}, inSpan);
    response.setHeader('connection', 'close');
    response.end(String(process.pid));
  });
  server.listen(Number(process.env['APP_PORT'] ?? 0), '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.env['APP_PORT'] = String(address?.port);
  });
}

await (cluster.isPrimary ? runPrimary() : runWorker());
