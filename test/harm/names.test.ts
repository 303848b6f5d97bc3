import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceProgram } from '../support/source-program.ts';

// 100,000 names of each kind from outside: memory stays bounded, and one notice is logged.

const timeout = 180_000;
const count = 100_000;
const maxGrowthBytes = 10_000_000;

/** Code that creates and uses an object of each kind by name. */
const uses: Readonly<Record<string, string>> = {
  counters: `(name) => counter(name).add(1)`,
  'instruments of one meter': `(name) => metrics.getMeter('app').createHistogram(name).record(1)`,
  'observable instruments': `(name) => metrics.getMeter('app').createObservableGauge(name).addCallback((result) => result.observe(1))`,
  meters: `(name) => metrics.getMeter(name).createCounter('requests').add(1)`,
  loggers: `(name) => getLogger(name).info('hello')`,
  'loggers of the API': `(name) => logs.getLogger(name).emit({ body: 'hello' })`,
  'loggers with attributes': `(name) => logs.getLogger('app', '1', { attributes: { name } }).emit({ body: 'hello' })`,
  tracers: `(name) => trace.getTracer(name).startSpan('work').end()`,
};
const app = (use: string, isEarly: boolean): string => `
  import { setImmediate } from 'node:timers/promises';
  import { logs, metrics, trace } from '@opentelemetry/api';
  import { counter, getLogger, start } from '@sonde/otel';
  const discard = { export: (items, done) => done({ code: 0 }), shutdown: async () => {} };
  const begin = () => start({
    engine: process.env.SONDE_ENGINE,
    logs: { exporter: discard, console: false },
    traces: { exporter: discard },
    metrics: { exporter: ['none'], prometheus: { port: 0 } },
  });
  if (!${isEarly}) begin();
  const use = ${use};
  const run = async (from, to) => {
    for (let index = from; index < to; index++) {
      use('name.' + index, index);
      if (index % 1000 === 0) await setImmediate();
    }
  };
  const usedBytes = async () => {
    await setImmediate();
    gc();
    return process.memoryUsage().heapUsed;
  };
  await run(0, 3000);
  const before = await usedBytes();
  await run(3000, ${count});
  const after = await usedBytes();
  if (${isEarly}) begin();
  console.log(after - before);
  process.exit();`;

for (const [name, use] of Object.entries(uses)) {
  for (const engine of ['lean', 'standard']) {
    for (const isEarly of name === 'counters' ? [false, true] : [false]) {
      const when = isEarly ? ', before the start' : '';
      test(`${count} names of ${name}${when}, ${engine}`, { timeout }, async (t) => {
        await using program = await sourceProgram(
          t,
          { 'app.mjs': app(use, isEarly) },
          { SONDE_ENGINE: engine, NODE_OPTIONS: '--expose-gc', SONDE_LOG_LEVEL: 'info' },
        );
        assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
        const growth = Number(program.stdout);
        t.diagnostic(`${growth} bytes`);
        assert.ok(growth < maxGrowthBytes, `${growth} bytes; ${program.stderr}`);
        const notices = program.stderr.split('\n').filter((line) => line.includes('NAMES_LIMIT'));
        assert.ok(notices.length >= 1 && notices.length <= 2, program.stderr);
      });
    }
  }
}
