import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const timeout = 60_000;

/** Ways in which an exporter of an application fails. */
const failures = {
  'a failed result': `export: (batch, done) => done({ code: 1, error: new Error('disk full') })`,
  'an exception': `export() { throw new Error('disk full'); }`,
  'a rejected promise': `async export() { throw new Error('disk full'); }`,
};
const signals = {
  traces: {
    items: 'spans',
    // With the one of the scrape.
    lost: '3 spans',
    metric: 'otel.sdk.exporter.span.exported',
    work: `for (let i = 0; i < 2; i++) { trace.getTracer('app').startSpan('work').end(); await sonde.flush(); }`,
  },
  logs: {
    items: 'log records',
    lost: '2 log records',
    metric: 'otel.sdk.exporter.log.exported',
    work: `for (let i = 0; i < 2; i++) { getLogger('app').info('worked'); await sonde.flush(); }`,
  },
  metrics: {
    items: 'metric points',
    lost: String.raw`\d+ metric points`,
    metric: 'otel.sdk.exporter.metric_data_point.exported',
    work: `for (let i = 0; i < 2; i++) { counter('app.work').add(1); await sonde.flush(); }`,
  },
};

for (const [failure, method] of Object.entries(failures)) {
  for (const [signal, { items, lost, metric, work }] of Object.entries(signals)) {
    // One wrapper counts for all signals.
    if (failure !== 'a failed result' && signal === 'metrics') continue;
    test(
      `a custom exporter of ${signal} that fails with ${failure} is reported and counted`,
      { timeout },
      async (t) => {
        const app = `
        import { trace } from '@opentelemetry/api';
        import { counter, getLogger, start } from '@sonde/otel';
        const exporter = { ${method}, async forceFlush() {}, async shutdown() {} };
        const sonde = start({
          traces: { exporter: 'none' },
          logs: { exporter: 'none', console: false },
          metrics: { exporter: 'none' },
          ${signal}: { exporter, ${signal === 'logs' ? 'console: false,' : ''} },
          ...(process.env.PORT && { metrics: { prometheus: { port: Number(process.env.PORT) },
            exporter: ${signal === 'metrics' ? 'exporter' : `'none'`} } }),
        });
        ${work}
        const url = 'http://localhost:' + process.env.PORT + '/metrics';
        const scrape = await (await fetch(url, { headers: { accept: 'text/plain' } })).text();
        console.log(scrape.split('\\n').filter((line) => line.startsWith('${metric.replaceAll('.', '_')}')).join('\\n'));
        await sonde.shutdown();`;
        const probe = await OtlpSink.start();
        const { port } = new URL(probe.url);
        await probe[Symbol.asyncDispose]();
        await using program = await sourceProgram(t, { 'app.mjs': app }, { PORT: port });
        assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
        const warnings = program.stderr.split('\n').filter((line) => line.includes('[SONDE_EXPORT_FAILED]'));
        assert.deepEqual(
          warnings,
          [
            `sonde: failed to export ${items} to custom exporter: disk full; dropped items are reported at exit [SONDE_EXPORT_FAILED]`,
          ],
          program.output,
        );
        assert.match(program.stderr, new RegExp(`^sonde: not exported: ${lost}$`, 'm'));
        assert.match(program.stderr, new RegExp(`${signal}→[^·]*custom exporter`));
        assert.match(program.stdout, /error_type="export_failed"\S* [1-9]/);
        assert.match(
          program.stdout,
          /_total\{(?!.*error_type)[^}]*\} 0$/m,
          'and nothing is counted as exported',
        );
      },
    );
  }
}

test('every exporter counts: an own class, the console and OTLP', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const app = `
    import { trace } from '@opentelemetry/api';
    import { getLogger, start } from '@sonde/otel';
    class Archive {
      export(batch, done) { done({ code: 0 }); }
      async shutdown() {}
    }
    const sonde = start({
      traces: { exporter: new Archive() },
      logs: { exporter: ['console', 'otlp'] },
      metrics: { exporter: 'otlp' },
    });
    trace.getTracer('app').startSpan('work').end();
    getLogger('app').info('worked');
    await sonde.flush();
    await sonde.shutdown();`;
  await using program = await sourceProgram(t, { 'app.mjs': app }, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.stderr, /traces→Archive · /);
  assert.doesNotMatch(program.stderr, /SONDE_|not exported/);
  const exported = (name: string): unknown => {
    const last = sink.metrics.findLast((metric) => metric.name === name) ?? assert.fail(name);
    const { sum } = last.raw as { sum: { dataPoints: { attributes: unknown[]; asDouble: number }[] } };
    return sum.dataPoints.find(({ attributes }) => attributes.length === 0)?.asDouble;
  };
  assert.equal(exported('otel.sdk.exporter.span.exported'), 1);
  assert.equal(exported('otel.sdk.exporter.log.exported'), 2, 'once by the console, once over OTLP');
});

test('metrics accept the exporter none as a name', { timeout }, async (t) => {
  const app = `
    import { start } from '@sonde/otel';
    start({ traces: { exporter: 'none' }, logs: { exporter: 'none', console: false }, metrics: { exporter: 'none' } });
    setTimeout(() => {}, 200);`;
  await using program = await sourceProgram(t, { 'app.mjs': app });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.stderr, /traces→off · metrics→off · logs→off/);
});
