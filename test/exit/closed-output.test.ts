import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceProgram } from '../support/source-program.ts';

/** Runs the service, closes the reader of one output, then lets the service continue. */
const supervisor = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  const { execPath, execArgv } = process;
  const service = spawn(execPath, [...execArgv, 'service.mjs'], { stdio: ['pipe', 'pipe', 'pipe'] });
  service[process.env.CLOSED].destroy();
  await once(service[process.env.CLOSED], 'close');
  service.stdin.end();
  const [code, signal] = await once(service, 'exit');
  console.log('ended with', code, signal);
`;
const service = `
  import { once } from 'node:events';
  import { getLogger, start } from '@sonde/otel';
  await once(process.stdin.resume(), 'end');
  const sonde = start({ logs: { level: 'info' } });
  for (let count = 0; count < 3; count++) {
    getLogger('service').info('at work');
    await sonde.flush({ timeoutMs: 100 });
  }
  process.exitCode = 7;
`;

for (const closed of ['stdout', 'stderr']) {
  test(`a service keeps running after the reader of ${closed} is gone`, { timeout: 30_000 }, async (t) => {
    // No Collector listens on this port, so Sonde has to log a failure.
    const env = { CLOSED: closed, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
    await using running = await sourceProgram(t, { 'app.mjs': supervisor, 'service.mjs': service }, env);
    await running.ended;
    assert.equal(running.stdout, 'ended with 7 null\n', running.output);
  });
}
