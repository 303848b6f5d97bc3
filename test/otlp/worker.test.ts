import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GrpcReceiver } from '../support/grpc-receiver.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

// With `otlp: { worker: true }`, batches are sent by a thread.

const timeout = 120_000;
const startTraces = `
  import { start, span } from '@sonde/otel';
  const sonde = start({ metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false } });`;
const environment = { SONDE_OTLP_WORKER: 'true', SONDE_EXIT_TIMEOUT: '20000' };

for (const [ending, end] of [
  ['the end of the event loop', ''],
  ['shutdown()', 'await sonde.shutdown();'],
  ['process.exit()', 'process.exit(0);'],
  ['process.exit() with a thread', `await sonde.flush(); span('late', () => {}); process.exit(0);`],
  ['SIGTERM', `setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');`],
] as const) {
  test(`spans arrive at ${ending}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    await using program = await sourceProgram(
      t,
      { 'app.mjs': `${startTraces} span('work', () => {}); ${end}` },
      { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    );
    const { code, signal } = await program.ended;
    assert.deepEqual([code, signal], ending === 'SIGTERM' ? [null, 'SIGTERM'] : [0, null], program.output);
    const expected = ending === 'process.exit() with a thread' ? ['work', 'late'] : ['work'];
    assert.deepEqual(
      sink.spans.map(({ name }) => name),
      expected,
      program.output,
    );
    assert.doesNotMatch(program.stderr, /not exported|SONDE_OTLP_WORKER/);
  });
}

// The thread has not started when the process ends.
for (const [ending, end] of [
  ['process.exit()', 'process.exit(0);'],
  ['a crash', `throw new Error('the program crashes');`],
] as const) {
  test(`spans arrive once at ${ending} when the thread starts late`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const app = `
      import { start, span } from '@sonde/otel';
      start({
        metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false },
        traces: { batch: { maxExportBatchSize: 10 } },
      });
      process.on('worker', () => { ${end} });
      setInterval(() => {}, 1000);
      for (let index = 0; index < 95; index++) span('work ' + index, () => {});`;
    await using program = await sourceProgram(
      t,
      { 'app.mjs': app },
      { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    );
    await program.ended;
    const names = sink.spans.map(({ name }) => name);
    assert.deepEqual([names.length, new Set(names).size], [95, 95], program.output);
    assert.doesNotMatch(program.stderr, /not exported|SONDE_OTLP_WORKER/);
  });
}

test('a main thread that is blocked still delivers over gRPC what it handed over', { timeout }, async (t) => {
  await using receiver = await GrpcReceiver.start();
  const app = `
    import { start, span } from '@sonde/otel';
    const sonde = start({
      metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false },
      traces: { batch: { maxExportBatchSize: 1 } },
    });
    span('first', () => {});
    // Until attributes of the resource are known, nothing is handed over.
    await sonde.flush({ timeoutMs: 60_000 });
    for (let index = 0; index < 20; index++) span('work ' + index, () => {});
    setImmediate(() => {
      console.log('blocked');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  await using program = await sourceProgram(
    t,
    { 'app.mjs': app },
    {
      ...environment,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    },
  );
  await program.printed('blocked');
  // The process never gets out of its wait.
  await receiver.received(21);
});

test('without a receiver, the spool keeps what is left at the end', { timeout }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-worker-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { ...environment, SONDE_OTLP_SPOOL_DIR: join(folder, 'spool') };
  await using first = await sourceProgram(
    t,
    {
      'app.mjs': `${startTraces} span('early', () => {}); await sonde.flush(); span('late', () => {}); process.exit(0);`,
    },
    { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  );
  assert.deepEqual(await first.ended, { code: 0, signal: null }, first.output);
  assert.ok((await readdir(env.SONDE_OTLP_SPOOL_DIR)).length > 0, first.output);
});
