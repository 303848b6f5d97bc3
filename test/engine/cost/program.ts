// A program on one engine, or without telemetry, that measures allocated bytes and processor time for its parent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import { metrics, trace } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { AggregationTemporality, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { getLogger, type Sonde, start } from '@sonde/otel';
import { createRouter } from '@sonde/router';

const [engine] = process.argv.slice(2);

/** An exporter that discards everything. */
class Discarded {
  export(_items: unknown, done: (result: ExportResult) => void): void {
    done({ code: ExportResultCode.SUCCESS });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

let sonde: Sonde | undefined;
if (engine === 'standard' || engine === 'lean') {
  // An hour: no timer interferes.
  const exportIntervalMillis = 3_600_000;
  const reader = new PeriodicExportingMetricReader({ exporter: new Discarded(), exportIntervalMillis });
  sonde = start({
    engine,
    serviceName: 'cost',
    traces: { exporter: new Discarded() },
    logs: { console: false, exporter: new Discarded() },
    metrics: { exporter: ['none'], metricReaders: [reader], runtime: false },
  });
}

const tracer = trace.getTracer('cost');
const log = getLogger('cost');
const histogram = metrics.getMeter('cost').createHistogram('cost.duration', { unit: 's' });

const eight = (): Record<string, string | number> => ({
  'http.request.method': 'GET',
  'url.scheme': 'http',
  'http.route': '/users/:id',
  'url.path': '/users/42',
  'server.address': 'localhost',
  'server.port': 8080,
  'network.protocol.version': '1.1',
  'user_agent.original': 'test',
});
const three = (): Record<string, string | number> => ({
  'http.request.method': 'GET',
  'http.route': '/users/:id',
  'http.response.status_code': 200,
});

/** A measured operation. */
export type Operation = 'span' | 'log record' | 'measurement';

const operations: Readonly<Record<Operation, () => void>> = {
  span: () => tracer.startSpan('work', { attributes: eight() }).end(),
  'log record': () => log.info('Looking up a user', { 'user.id': '42', cached: true }),
  measurement: () => histogram.record(0.005, three()),
};

let collections = 0;
new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });

const used = (): number => process.memoryUsage().heapUsed;

/** Measures the allocated bytes per call, including the export. The young generation has room for all calls. */
async function measureBytes(operation: () => void, count: number): Promise<number> {
  globalThis.gc?.();
  await sonde?.flush();
  const before = used();
  for (let call = 0; call < count; call++) operation();
  await sonde?.flush();
  return (used() - before) / count;
}

async function measureCpuMicros(operation: () => void, count: number): Promise<number> {
  await sonde?.flush();
  const before = process.cpuUsage();
  for (let call = 0; call < count; call++) operation();
  await sonde?.flush();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** A request of the parent process. */
export interface Question {
  readonly operation: Operation | 'process';
  readonly unit: 'bytes' | 'cpu';
  readonly count: number;
}

/** Measures bytes or microseconds per call; for the process: its usage so far, and the number of garbage collections. */
async function answer({ operation, unit, count }: Question): Promise<{ value: number; collections: number }> {
  if (operation !== 'process') {
    const measure = unit === 'bytes' ? measureBytes : measureCpuMicros;
    const before = collections;
    const value = await measure(operations[operation], count);
    return { value, collections: collections - before };
  }
  await sonde?.flush();
  if (count === 0 && unit === 'bytes') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return { value: unit === 'bytes' ? used() : user + system, collections };
}

process.on('message', (question: Question) => {
  void answer(question).then((answered) => process.send?.(answered));
});

const router = createRouter().get('/users/:id', (c) => {
  log.info('Looking up a user', { 'user.id': c.params.id });
  return { id: c.params.id };
});
const plain = createServer((request, response) => {
  log.info('Looking up a user', { 'user.id': '42' });
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"url":"${request.url}"}`);
});
plain.listen(0, '127.0.0.1', () => {
  void router.listen().then(({ port }) => {
    process.send?.({ router: port, 'node:http': (plain.address() as AddressInfo).port });
  });
});
