import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageFlags, Program } from '../support/program.ts';

const programs = Number(process.env['SONDE_FUZZ_PROGRAMS'] ?? 500);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

/** Number of programs per process. */
const inProcess = 500;
/** Console formats of the processes. */
const formats = ['', 'json', '', 'logfmt', '', 'pretty', '', '%(asctime)s %(message)s %(err)s'];

const app = join(import.meta.dirname, 'support', 'generated-program.cjs');

/** Receiver that accepts every request. */
async function receiver(): Promise<{
  url: string;
  requests: () => number;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume().once('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs programs in one process, and returns a line per program with the effects visible to the application. */
async function outcomes(seed: number, count: number, env: Record<string, string>): Promise<string[]> {
  await using program = new Program(process.execPath, [...packageFlags, app], {
    cwd: import.meta.dirname,
    env: { GENERATED_SEED: String(seed), GENERATED_PROGRAMS: String(count), ...env },
  });
  const ending = await program.ended;
  const lines = program.stdout.split('\n').filter((line) => line !== '');
  const last = `after ${lines.at(-1)}: ${program.stderr.slice(-2000)}`;
  assert.deepEqual(ending, { code: 0, signal: null }, last);
  assert.equal(lines.pop(), 'done', last);
  return lines;
}

test(`${programs} generated programs behave as without Sonde`, { timeout: 3_000_000 }, async (t) => {
  await using sink = await receiver();
  let compared = 0;
  for (let done = 0; done < programs; done += inProcess) {
    const seed = firstSeed + done;
    const count = Math.min(inProcess, programs - done);
    const format = formats[(done / inProcess) % formats.length] ?? '';
    const withSonde = {
      GENERATED_CAPTURE: 'true',
      GENERATED_FORMAT: format,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      SONDE_LOG_TRACE_IDS: 'false',
    };
    const run = (env: Record<string, string>): Promise<[string[], string[]]> =>
      Promise.all([
        outcomes(seed, count, { GENERATED_BARE: '1', ...env }),
        outcomes(seed, count, { ...withSonde, ...env }),
      ]);
    const [bare, sonde] = await run({});
    assert.equal(bare.length, count);
    const first = bare.findIndex((line, index) => line !== sonde[index]);
    if (first !== -1) {
      const reproduce = `SONDE_FUZZ_SEED=${seed + first} SONDE_FUZZ_PROGRAMS=1`;
      const [expected, actual] = await Promise.all([
        outcomes(seed + first, 1, { GENERATED_BARE: '1', GENERATED_DETAILS: '1' }),
        outcomes(seed + first, 1, { ...withSonde, GENERATED_DETAILS: '1' }),
      ]);
      assert.deepEqual(actual, expected, reproduce);
      assert.fail(`program ${seed + first} differs after those before it only, from SONDE_FUZZ_SEED=${seed}`);
    }
    compared += count;
  }
  assert.equal(compared, programs);
  assert.ok(sink.requests() > 0, 'telemetry was sent');
  t.diagnostic(`${compared} programs were compared, ${sink.requests()} requests were sent`);
});

test('generated programs behave as without Sonde on the standard engine', { timeout: 300_000 }, async () => {
  await using sink = await receiver();
  const [bare, sonde] = await Promise.all([
    outcomes(1, 60, { GENERATED_BARE: '1' }),
    outcomes(1, 60, {
      GENERATED_CAPTURE: 'true',
      GENERATED_FORMAT: 'json',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      SONDE_ENGINE: 'standard',
      SONDE_LOG_TRACE_IDS: 'false',
    }),
  ]);
  assert.deepEqual(sonde, bare);
  assert.ok(sink.requests() > 0, 'telemetry was sent');
});
