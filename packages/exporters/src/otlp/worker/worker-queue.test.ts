import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { ExportResultCode } from '@opentelemetry/core';
import { Worker } from 'node:worker_threads';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Notice } from '@sonde/sdk';
import { GrpcReceiver } from '@sonde/test-support/grpc-receiver';
import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';

import type { OtlpExportResult } from '../exporter.ts';
import type { OtlpOptions } from '../options.ts';
import { OtlpTraceExporter } from '../trace-exporter.ts';
import { WorkerQueue } from './worker-queue.ts';
import type { WorkerQueueOptions } from './worker-queue-options.ts';

/** Spans with these names. */
function spans(...names: string[]): ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'test' }),
    spanProcessors: [
      {
        onStart() {},
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  for (const name of names) provider.getTracer('test').startSpan(name).end();
  return ended;
}

function createExporter(
  options: OtlpOptions,
  queueOptions: Partial<WorkerQueueOptions> = {},
): { exporter: OtlpTraceExporter; queue: WorkerQueue; notices: Notice[] } {
  const notices: Notice[] = [];
  const onNotice = (notice: Notice): void => void notices.push(notice);
  const queue = new WorkerQueue({ onNotice, ...queueOptions });
  return { exporter: new OtlpTraceExporter({ ...options, queue, onNotice }), queue, notices };
}

function exported(exporter: OtlpTraceExporter, batch: ReadableSpan[]): Promise<OtlpExportResult> {
  return new Promise((resolve) => exporter.export(batch, resolve));
}

test('a batch is delivered by the thread', async () => {
  await using receiver = await OtlpReceiver.start();
  const { exporter, queue, notices } = createExporter({
    url: `${receiver.url}/v1/traces`,
    headers: { 'x-tenant': 'a' },
    compression: 'gzip',
  });
  const result = await exported(exporter, spans('a', 'b'));
  assert.deepEqual([result.code, result.rejected], [0, 0]);
  assert.equal(receiver.arrived[0]?.headers['x-tenant'], 'a');
  assert.equal(receiver.arrived[0]?.headers['content-encoding'], 'gzip');
  assert.equal(queue.bytes, 0);
  assert.deepEqual(notices, []);
  await exporter.shutdown();
});

test('a batch is delivered over gRPC by the thread', async () => {
  await using receiver = await GrpcReceiver.start();
  const { exporter } = createExporter({ protocol: 'grpc', url: receiver.url });
  assert.equal((await exported(exporter, spans('a'))).code, 0);
  assert.equal(receiver.arrived.length, 1);
  await exporter.shutdown();
});

test('the thread ends with the last exporter, and starts again with the next', async () => {
  await using receiver = await OtlpReceiver.start();
  const { exporter, queue } = createExporter({ url: receiver.url });
  const ended: Promise<unknown>[] = [];
  const listener = (worker: Worker): void => void ended.push(once(worker, 'exit'));
  process.on('worker', listener);
  assert.equal((await exported(exporter, spans('a'))).code, 0);
  await exporter.shutdown();
  await Promise.all(ended);
  const next = new OtlpTraceExporter({ url: receiver.url, queue });
  assert.equal((await exported(next, spans('b'))).code, 0);
  assert.equal(receiver.arrived.length, 2);
  await next.shutdown();
  await Promise.all(ended);
  process.off('worker', listener);
  assert.equal(ended.length, 2);
});

test('outcomes and notices of the thread arrive', async () => {
  await using receiver = await OtlpReceiver.start((response) =>
    response.writeHead(400).end('unknown tenant'),
  );
  const { exporter } = createExporter({ url: receiver.url });
  const { code, error } = await exported(exporter, spans('a'));
  assert.equal(code, 1);
  assert.match(error?.message ?? '', /HTTP 400 Bad Request: unknown tenant/);
  assert.ok(error !== undefined && 'code' in error);
  assert.equal(error.code, 'SONDE_OTLP_REFUSED');
  await exporter.shutdown();
});

test('flush waits for what was exported before', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using receiver = await OtlpReceiver.start((response) => {
    ask();
    void released.then(() => response.end());
  });
  const { exporter } = createExporter({ url: receiver.url });
  let isDelivered = false;
  void exported(exporter, spans('a')).then(() => (isDelivered = true));
  const flushed = exporter.forceFlush();
  await asked;
  assert.equal(isDelivered, false);
  release();
  await flushed;
  assert.equal(isDelivered, true);
  await exporter.shutdown();
});

test('an agent of the application sends in the main thread', async () => {
  await using receiver = await OtlpReceiver.start();
  class OwnAgent extends Agent {}
  const agent = new OwnAgent({ keepAlive: true });
  let sockets = 0;
  agent.on('free', () => sockets++);
  const { exporter, notices } = createExporter({ url: receiver.url, agent });
  assert.equal((await exported(exporter, spans('a'))).code, 0);
  await exporter.forceFlush();
  assert.equal(sockets, 1);
  assert.deepEqual(notices, []);
  await exporter.shutdown();
});

// The receiver runs in a worker thread, because the test blocks its event loop.
const receiverSource = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const counts = new Int32Array(workerData);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => { response.end(); Atomics.add(counts, 0, 1); Atomics.notify(counts, 0); });
  }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('a main thread that is blocked still delivers what it handed over', async (t) => {
  const counts = new Int32Array(new SharedArrayBuffer(4));
  const receiver = new Worker(receiverSource, { eval: true, workerData: counts.buffer, execArgv: [] });
  t.after(() => receiver.terminate());
  const [port] = (await once(receiver, 'message')) as [number];
  const { exporter } = createExporter({ url: `http://127.0.0.1:${port}`, maxRequestBytes: 1024 });
  assert.equal((await exported(exporter, spans('warm up'))).code, 0);
  const before = Atomics.load(counts, 0);
  const requests = 50;
  const results = Array.from({ length: requests }, (_, index) => exported(exporter, spans(`work ${index}`)));
  // Blocks this thread until the receiver has counted all spans.
  for (;;) {
    const count = Atomics.load(counts, 0);
    if (count - before >= requests) break;
    assert.notEqual(Atomics.wait(counts, 0, count, 20_000), 'timed-out', `${count - before} of ${requests}`);
  }
  assert.ok((await Promise.all(results)).every(({ code }) => code === ExportResultCode.SUCCESS));
  await exporter.shutdown();
});

test('what is left at the end is delivered while the process waits', async (t) => {
  const counts = new Int32Array(new SharedArrayBuffer(4));
  const receiver = new Worker(receiverSource, { eval: true, workerData: counts.buffer, execArgv: [] });
  t.after(() => receiver.terminate());
  const [port] = (await once(receiver, 'message')) as [number];
  const { exporter, queue } = createExporter({ url: `http://127.0.0.1:${port}` });
  const results: OtlpExportResult[] = [];
  for (let index = 0; index < 20; index++) exporter.export(spans('a'), (result) => results.push(result));
  queue.finishSync(10_000);
  assert.equal(results.length, 20);
  assert.ok(results.every(({ code }) => code === ExportResultCode.SUCCESS));
  assert.equal(Atomics.load(counts, 0), 20);
});

test('without a receiver, what is left at the end is counted with the error of the connection', () => {
  const { exporter, queue } = createExporter({ url: 'http://127.0.0.1:1' });
  const results: OtlpExportResult[] = [];
  exporter.export(spans('a'), (result) => results.push(result));
  queue.finishSync(20_000);
  assert.equal(results.length, 1);
  assert.match(results[0]?.error?.message ?? '', /ECONNREFUSED/);
});
