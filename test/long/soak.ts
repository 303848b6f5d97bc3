import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { CountingSink } from '../support/counting-sink.ts';
import { pacedLoad } from '../support/paced-load.ts';
import { measureGrowth } from './growth.ts';

/** Seconds of load. */
const seconds = Number(process.env['SONDE_SOAK_SECONDS'] ?? 600);
const perSecond = Number(process.env['SONDE_SOAK_PER_SECOND'] ?? 500);

/** Number of heap samples; the first fifth is warm-up. */
const samples = 50;

/** Tolerated growth of the heap over the run, caused by the compiler and caches. */
const toleratedBytes = 2_000_000;

interface Sample {
  readonly spans: number;
  readonly records: number;
  readonly bytes: number;
}

async function ask(service: ChildProcess): Promise<Sample> {
  const answer = once(service, 'message');
  service.send('sample');
  const [sample] = await answer;
  return sample as Sample;
}

for (const engine of (process.env['SONDE_SOAK_ENGINES'] ?? 'lean').split(',')) {
  void test(`${seconds} s of load on the ${engine} engine: the heap does not grow, no telemetry is dropped`, async (t) => {
    await using sink = await CountingSink.start();
    const service = fork(join(import.meta.dirname, 'service.ts'), [], {
      execArgv: ['--conditions=@sonde/source', '--expose-gc'],
      env: {
        PATH: process.env['PATH'],
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.port}`,
        SONDE_ENGINE: engine,
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    t.after(() => service.kill('SIGKILL'));
    let stderr = '';
    service.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(service, 'exit');
    const [{ port }]: [{ port: number }] = (await once(service, 'message')) as never;

    const found: Sample[] = [];
    const count = Math.round((seconds * perSecond) / samples);
    while (found.length < samples) {
      const first = found.length * count;
      const url = (index: number): string => `http://127.0.0.1:${port}/orders/${first + index}`;
      const { failed } = await pacedLoad({ url, perSecond, count });
      assert.equal(failed, 0, 'every request is answered');
      found.push(await ask(service));
    }
    const requests = count * samples;
    const made = found.at(-1);
    service.kill('SIGTERM');
    await ended;

    t.diagnostic(`${requests} requests, ${made?.spans} spans, ${made?.records} log records`);
    assert.equal(made?.spans, 2 * requests, 'each request makes two spans');
    assert.equal(sink.counts['/v1/traces'], made?.spans, 'every span arrives, and arrives once');
    assert.equal(sink.counts['/v1/logs'], made?.records, 'every log record arrives, and arrives once');
    assert.doesNotMatch(stderr, /dropped|not exported/);

    const steady = found.slice(samples / 5).map(({ bytes }) => bytes);
    const growth = measureGrowth(steady);
    const shown = [steady[0] ?? NaN, steady.at(-1) ?? NaN, growth].map((bytes) => (bytes / 1e6).toFixed(2));
    t.diagnostic(`heap after collection: ${shown[0]} MB, in the end ${shown[1]} MB; trend ${shown[2]} MB`);
    assert.ok(growth < toleratedBytes, `the heap grew by ${shown[2]} MB: ${steady.join(' ')}`);
  });
}
