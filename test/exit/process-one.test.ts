import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

test(
  'as process 1, where a raised signal does nothing, it exits with 128 + n',
  { timeout: 30_000 },
  async (t) => {
    const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'];
    if (spawnSync('unshare', [...unshare, 'true']).status !== 0) {
      return needs(t, 'unshare cannot make a process namespace here');
    }
    await using sink = await OtlpSink.start();
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(
      join(folder, 'app.mjs'),
      `import { trace } from '@opentelemetry/api';
     trace.getTracer('app').startSpan('work').end();
     setInterval(() => {}, 1000);
     console.log('process', process.pid);
     process.kill(process.pid, 'SIGTERM');`,
    );
    const node = [process.execPath, ...packageFlags, '--import', '@sonde/otel/register', 'app.mjs'];
    await using program = new Program('unshare', [...unshare, ...node], {
      cwd: folder,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    });
    assert.deepEqual(await program.ended, { code: 143, signal: null }, program.output);
    assert.match(program.stdout, /^process 1$/m);
    assert.deepEqual(
      sink.spans.map(({ name }) => name),
      ['work'],
    );
  },
);
