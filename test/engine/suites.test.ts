import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program } from '../support/program.ts';

const cwd = join(import.meta.dirname, '..');
const node = (args: readonly string[], env: Record<string, string | undefined>): Program =>
  new Program(process.execPath, ['--conditions=@sonde/source', ...args], { cwd, env });

const printClasses = `
  import { logs, trace } from '@opentelemetry/api';
  import { start } from '@sonde/otel';
  start({ serviceName: 'engine', traces: { exporter: 'console' }, logs: { exporter: 'none' } });
  const span = trace.getTracer('app').startSpan('work');
  const names = [span, logs.getLogger('app')].map(({ constructor }) => constructor.name.replace('$1', ''));
  console.log(...names);
`;

for (const [engine, names] of [
  [undefined, 'LeanSpan LeanLogger'],
  ['standard', 'SpanImpl ConvertingLogger'],
  ['lean', 'LeanSpan LeanLogger'],
  ['nonsense', 'LeanSpan LeanLogger'],
] as const) {
  test(`SONDE_ENGINE=${engine ?? ''} creates ${names}`, { timeout: 30_000 }, async () => {
    const env = { SONDE_ENGINE: engine };
    await using program = node(['--input-type=module', '--eval', printClasses], env);
    await program.ended;
    assert.match(program.stdout, new RegExp(`^${names}$`, 'm'), program.output);
    assert.equal(program.stderr.includes('ignoring invalid SONDE_ENGINE="nonsense"'), engine === 'nonsense');
  });
}

for (const suite of ['hello.test.ts', 'existing.test.ts', 'exit/exit.test.ts', 'logs/logs.test.ts']) {
  test(`${suite} passes on the standard engine`, { timeout: 120_000 }, async () => {
    await using program = node(['--test', '--test-reporter=tap', suite], {
      SONDE_TEST_ENGINE: 'standard',
      SONDE_TEST_PACKAGES: process.env['SONDE_TEST_PACKAGES'],
    });
    const { code } = await program.ended;
    assert.equal(code, 0, program.output);
    assert.match(program.stdout, /^# pass [1-9]/m);
    assert.match(program.stdout, /^# fail 0$/m);
  });
}
