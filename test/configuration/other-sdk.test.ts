import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageFlags, Program } from '../support/program.ts';

test(
  'another SDK that was registered first is reported, once for each signal',
  { timeout: 30_000 },
  async (t) => {
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(
      join(folder, 'app.mjs'),
      `import { logs, trace } from '@opentelemetry/api';
     import { LoggerProvider } from '@opentelemetry/sdk-logs';
     import { TracerProvider } from '@opentelemetry/sdk-trace';
     import { start } from '@sonde/otel';
     trace.setGlobalTracerProvider(new TracerProvider());
     logs.setGlobalLoggerProvider(new LoggerProvider());
     start({ traces: { exporter: 'console' }, logs: { exporter: 'none' }, metrics: { exporter: ['none'] } });`,
    );
    await using program = new Program(process.execPath, [...packageFlags, 'app.mjs'], {
      cwd: folder,
    });
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    const notices = program.stderr.split('\n').filter((line) => line.includes('[SONDE_OTHER_SDK]'));
    assert.deepEqual(
      notices.map((line) => /registered for (\w+)/.exec(line)?.[1]),
      ['traces', 'logs'],
      program.stderr,
    );
  },
);
