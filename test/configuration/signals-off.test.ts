import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageFlags, Program } from '../support/program.ts';

/** Whether each signal has a registered provider, also for measurements before the start. */
const app = `
  import { createNoopMeter, logs, metrics, trace } from '@opentelemetry/api';
  import { counter, getLogger, start } from '@sonde/otel';
  counter('early').add(1);
  start({ logs: { console: false } });
  counter('late').add(1);
  getLogger('app').info('hello');
  console.log(
    trace.getTracer('app').startSpan('work').isRecording(),
    logs.getLogger('app').enabled(),
    metrics.getMeter('app') !== createNoopMeter(),
  );`;

const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const cases: readonly { readonly env: Readonly<Record<string, string>>; readonly taken: string }[] = [
  { env: off, taken: 'false false false' },
  { env: { ...off, OTEL_TRACES_EXPORTER: 'console' }, taken: 'true false false' },
  { env: { ...off, OTEL_LOGS_EXPORTER: 'console' }, taken: 'false true false' },
  { env: { ...off, OTEL_METRICS_EXPORTER: 'console' }, taken: 'false false true' },
];

for (const engine of ['standard', 'lean']) {
  for (const { env, taken } of cases) {
    test(
      `a signal without an exporter is not recorded: ${taken}, ${engine}`,
      { timeout: 30_000 },
      async (t) => {
        const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
        t.after(() => rm(folder, { recursive: true, force: true }));
        await writeFile(join(folder, 'app.mjs'), app);
        await using program = new Program(process.execPath, [...packageFlags, 'app.mjs'], {
          cwd: folder,
          env: { ...env, SONDE_ENGINE: engine },
        });
        assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
        assert.ok(program.stdout.startsWith(`${taken}\n`), program.output);
      },
    );
  }
}
