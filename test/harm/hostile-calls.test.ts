import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

// Every method of the API, with arguments of other types, those that throw when they are read, and those that expand.

const timeout = 150_000;
/** Work without a bound takes minutes; on a busy machine other calls take their share. */
const slowMs = 10_000;
const app = join(import.meta.dirname, 'support', 'hostile-calls.cjs');

/** Runs all calls, and returns those that throw. */
async function throwingCalls(env: Record<string, string>): Promise<string[]> {
  await using program = new Program(process.execPath, [...packageFlags, app], {
    cwd: import.meta.dirname,
    env: {
      HOSTILE_SLOW_MS: String(slowMs),
      ...env,
    },
  });
  const ending = await program.ended;
  const lines = program.stdout.trim().split('\n');
  assert.deepEqual(ending, { code: 0, signal: null }, program.output.slice(-2000));
  assert.equal(lines.pop(), 'done', program.output.slice(-2000));
  return lines;
}

suite('calls with hostile arguments throw only what they throw without Sonde', { concurrency: 2 }, () => {
  const bare = throwingCalls({ HOSTILE_BARE: '1' });
  for (const engine of ['lean', 'standard']) {
    test(`${engine} engine`, { timeout }, async () => {
      await using sink = await OtlpSink.start();
      const [actual, expected] = await Promise.all([
        throwingCalls({ SONDE_ENGINE: engine, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }),
        bare,
      ]);
      assert.ok(sink.spans.length > 1000 && sink.logs.length > 500, 'telemetry was sent');
      const known = new Set(expected.map((line) => line.split(' throws: ', 1)[0]));
      assert.deepEqual(
        actual.filter((line) => !known.has(line.split(' throws: ', 1)[0])),
        [],
      );
    });
  }
});
