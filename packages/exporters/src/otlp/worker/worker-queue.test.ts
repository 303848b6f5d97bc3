import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
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

const unreachable = 'http://127.0.0.1:1';

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
  assert.equal((await exported(exporter, spans('warm up'))).code, 0);
  const results: OtlpExportResult[] = [];
  for (let index = 0; index < 20; index++) exporter.export(spans('a'), (result) => results.push(result));
  queue.finishSync(10_000);
  assert.equal(results.length, 20);
  assert.ok(results.every(({ code }) => code === ExportResultCode.SUCCESS));
  assert.equal(Atomics.load(counts, 0), 21);
  queue.closeSync();
});

test('without a receiver, what is left at the end is counted with the error of the connection', async () => {
  const { exporter, queue } = createExporter({ url: unreachable });
  const results: OtlpExportResult[] = [];
  exporter.export(spans('a'), (result) => results.push(result));
  // The thread runs when it has completed the flush.
  queue.beginExit(20_000);
  await exporter.forceFlush();
  queue.finishSync(20_000);
  assert.equal(results.length, 1);
  assert.match(results[0]?.error?.message ?? '', /ECONNREFUSED/);
  queue.closeSync();
});

/** Returns the environment of a thread that runs a program before its own. */
async function preloading(t: TestContext, source: string): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-worker-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'preload.cjs');
  await writeFile(file, source);
  return { NODE_OPTIONS: `--require ${file}` };
}

const block = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

test('what a thread that has not started leaves at the end is sent by the main thread', async (t) => {
  const environment = await preloading(t, block);
  const { exporter, queue, notices } = createExporter({ url: unreachable }, { environment });
  const results: OtlpExportResult[] = [];
  for (let index = 0; index < 20; index++) exporter.export(spans('a'), (result) => results.push(result));
  queue.finishSync(20_000);
  const left = queue.drain();
  assert.equal(left.filter(({ request }) => request !== undefined).length, 20);
  assert.deepEqual([results, notices], [[], []]);
  const response = { statusCode: 200, statusMessage: '', headers: {}, body: new Uint8Array() };
  for (const each of left) each.settle(response);
  assert.equal(results.length, 20);
  assert.ok(results.every(({ code }) => code === ExportResultCode.SUCCESS));
  queue.closeSync();
});

test('a shutdown does not wait for a thread that has not started', async (t) => {
  const environment = await preloading(t, block);
  await using receiver = await OtlpReceiver.start();
  const { exporter, queue } = createExporter({ url: receiver.url }, { environment });
  const results = [exported(exporter, spans('a')), exported(exporter, spans('b'))];
  queue.beginExit(200);
  await exporter.shutdown();
  assert.deepEqual(
    (await Promise.all(results)).map(({ code }) => code),
    [0, 0],
  );
  assert.equal(receiver.arrived.length, 2);
});

/** A thread with a fault when it receives a message. */
const faulty = `
  const faults = new BroadcastChannel('fault');
  faults.onmessage = ({ data }) => { if (data === 'throw') throw new Error('broken'); faults.postMessage('hangs'); ${block} };
  faults.unref?.();`;

test('the main thread sends the requests of a thread that fails', async (t) => {
  const faults = new BroadcastChannel('fault');
  t.after(() => faults.close());
  let isDown = true;
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  await using receiver = await OtlpReceiver.start((response) => {
    response.writeHead(isDown ? 503 : 200).end();
    if (receiver.arrived.length === 3) ask();
  });
  const environment = await preloading(t, faulty);
  const { exporter, notices } = createExporter({ url: receiver.url }, { environment });
  const results = ['a', 'b', 'c'].map((name) => exported(exporter, spans(name)));
  await asked;
  isDown = false;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no origin
  faults.postMessage('throw');
  assert.deepEqual(
    (await Promise.all(results)).map(({ code }) => code),
    [0, 0, 0],
  );
  assert.equal(receiver.arrived.length, 6);
  assert.match(
    notices.map(({ message }) => message).join(),
    /the delivery thread failed: broken; telemetry is/,
  );
  await exporter.shutdown();
});

test('what a thread that hangs has not taken is sent by the main thread', async (t) => {
  const faults = new BroadcastChannel('fault');
  t.after(() => faults.close());
  await using receiver = await OtlpReceiver.start();
  const environment = await preloading(t, faulty);
  const { exporter, queue } = createExporter({ url: receiver.url }, { environment });
  assert.equal((await exported(exporter, spans('first'))).code, 0);
  const hangs = once(faults, 'message');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no origin
  faults.postMessage('hang');
  await hangs;
  const late = [exported(exporter, spans('a')), exported(exporter, spans('b'))];
  queue.finishSync(400);
  const left = queue.drain();
  assert.equal(left.length, 2);
  const response = { statusCode: 200, statusMessage: '', headers: {}, body: new Uint8Array() };
  for (const each of left) each.settle(each.request && response);
  assert.deepEqual(
    (await Promise.all(late)).map(({ code }) => code),
    [0, 0],
  );
  queue.closeSync();
});
