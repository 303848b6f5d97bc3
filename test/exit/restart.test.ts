import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const timeout = 60_000;

/** Everything here is created before the first `start()`, or between two of them, and used in every life. */
const preamble = `
  import http from 'node:http';
  import { metrics, logs, trace } from '@opentelemetry/api';
  import { counter, getLogger, start } from '@sonde/otel';
  const early = {
    tracer: trace.getTracer('early'),
    logger: logs.getLogger('early'),
    sonde: getLogger('sonde.early'),
    counter: counter('early.counter'),
  };
  const begin = (life, options) => {
    const started = start({ serviceName: 'life ' + life, logs: { console: false }, ...options });
    late ??= {
      tracer: trace.getTracer('late'),
      logger: logs.getLogger('late'),
      counter: metrics.getMeter('late').createCounter('late.counter'),
      gauge: metrics.getMeter('late').createObservableGauge('late.gauge'),
    };
    if (life === 1) late.gauge.addCallback((result) => result.observe(current));
    return started;
  };
  let late, between, current;
  const work = (life) => {
    current = life;
    early.tracer.startSpan('early ' + life).end();
    late.tracer.startSpan('late ' + life).end();
    trace.getTracer('new').startSpan('new ' + life).end();
    early.logger.emit({ body: 'early ' + life });
    late.logger.emit({ body: 'late ' + life });
    early.sonde.info('sonde ' + life);
    early.counter.add(life);
    late.counter.add(10 * life);
    between?.tracer.startSpan('between ' + life).end();
    between?.logger.emit({ body: 'between ' + life });
    between?.counter.add(100 * life);
  };
  const afterShutdown = () => {
    between ??= {
      tracer: trace.getTracer('between'),
      logger: logs.getLogger('between'),
      counter: metrics.getMeter('between').createCounter('between.counter'),
    };
  };
`;
const names = (received: readonly Received[]): string[] =>
  received.map(({ name, resource }) => `${name} of ${String(resource['service.name'])}`).toSorted();

/** The values of the points of one metric by the service that sent them: the last ones sent. */
function values(sink: OtlpSink, metric: string): unknown {
  return Object.fromEntries(
    sink.metrics
      .filter(({ name }) => name === metric)
      .map(({ resource, raw }) => {
        const { sum, gauge } = raw as Record<string, { dataPoints: { asDouble: number }[] } | undefined>;
        return [resource['service.name'], (sum ?? gauge)?.dataPoints.map(({ asDouble }) => asDouble)];
      }),
  );
}

const endings = {
  'shutdown()': { code: 0, signal: null, text: 'await last.shutdown();' },
  'process.exit()': { code: 3, signal: null, text: 'process.exit(3);' },
  'an empty event loop': { code: 0, signal: null, text: '' },
  'a signal': {
    code: null,
    signal: 'SIGTERM',
    text: `setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');`,
  },
  'a crash': { code: 1, signal: null, text: `throw new Error('crashed');` },
} as const;

for (const [name, { code, signal, text }] of Object.entries(endings)) {
  test(`start() after shutdown() works as the first time, up to ${name}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const app = `${preamble}
      for (const life of [1, 2]) {
        const sonde = begin(life);
        work(life);
        await sonde.shutdown();
        afterShutdown();
      }
      const last = begin(3);
      work(3);
      ${text}`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
    await using program = await sourceProgram(t, { 'app.mjs': app }, env);
    assert.deepEqual(await program.ended, { code, signal }, program.output);
    await sink.settled();
    assert.deepEqual(
      names(sink.spans),
      [1, 2, 3]
        .flatMap((life) =>
          ['early', 'late', 'new', ...(life > 1 ? ['between'] : [])].map(
            (tracer) => `${tracer} ${life} of life ${life}`,
          ),
        )
        .toSorted(),
      program.output,
    );
    assert.deepEqual(
      names(sink.logs).filter((record) => !record.includes('crashed')),
      [1, 2, 3]
        .flatMap((life) =>
          ['early', 'late', 'sonde', ...(life > 1 ? ['between'] : [])].map(
            (logger) => `${logger} ${life} of life ${life}`,
          ),
        )
        .toSorted(),
    );
    assert.equal(
      sink.logs.filter((record) => record.name.includes('crashed')).length,
      name === 'a crash' ? 1 : 0,
    );
    assert.deepEqual(values(sink, 'early.counter'), { 'life 1': [1], 'life 2': [2], 'life 3': [3] });
    assert.deepEqual(values(sink, 'late.counter'), { 'life 1': [10], 'life 2': [20], 'life 3': [30] });
    assert.deepEqual(values(sink, 'between.counter'), { 'life 2': [200], 'life 3': [300] });
    const isCollected = name !== 'process.exit()' && name !== 'a crash';
    assert.deepEqual(values(sink, 'late.gauge'), {
      'life 1': [1],
      'life 2': [2],
      ...(isCollected && { 'life 3': [3] }),
    });
    assert.doesNotMatch(program.stderr, /SONDE_/);
    // A process that ends at once ends before the line.
    if (isCollected) assert.equal(program.stderr.match(/sonde \d\S* life/g)?.length, 3, program.stderr);
  });
}

test(
  'a second start serves Prometheus, captures the console and instruments once',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const app = `${preamble}
    import { once } from 'node:events';
    const server = http.createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const options = {
      logs: { console: false, captureConsole: true, captureWarnings: true },
      metrics: { exporter: ['prometheus'], prometheus: { port: Number(process.env.METRICS_PORT) } },
    };
    for (const life of [1, 2, 3]) {
      const sonde = begin(life, options);
      work(life);
      await (await fetch('http://127.0.0.1:' + port + '/in-life-' + life)).text();
      console.log('printed ' + life);
      process.emitWarning('warned ' + life);
      const scrape = await (await fetch('http://localhost:' + process.env.METRICS_PORT + '/metrics')).text();
      const lines = scrape.split('\\n').filter((line) => line.startsWith('early_counter_total'));
      console.info('scraped ' + lines.length + ' ' + lines[0].split('} ').at(-1));
      await sonde.shutdown();
    }
    server.close();`;
    const probe = await OtlpSink.start();
    const port = new URL(probe.url).port;
    await probe[Symbol.asyncDispose]();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, METRICS_PORT: port };
    await using program = await sourceProgram(t, { 'app.mjs': app }, env);
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    await sink.settled();
    for (const life of [1, 2, 3]) {
      const spans = sink.spans.filter(({ resource }) => resource['service.name'] === `life ${life}`);
      const paths = spans.filter(({ attributes }) => attributes['url.path'] === `/in-life-${life}`);
      // One of the server and one of the client.
      assert.deepEqual(new Set(paths.map(({ raw }) => raw['kind'])), new Set([2, 3]), program.output);
      assert.equal(paths.length, 2);
      for (const text of [`printed ${life}`, `Warning: warned ${life}`]) {
        assert.equal(sink.logs.filter(({ name }) => name === text).length, 1, text);
      }
      assert.match(program.stdout, new RegExp(`scraped 1 ${life}\\b`));
    }
  },
);

test('start() while shutdown() is still under way takes its place', { timeout }, async (t) => {
  await using sink = await OtlpSink.start(0, { answerAfterMs: 200 });
  const app = `${preamble}
    const first = begin(1);
    work(1);
    const ended = first.shutdown();
    begin(2, { logs: { console: false, captureConsole: true } });
    work(2);
    await ended;
    console.log('printed');
    setTimeout(() => process.exit(), 10);`;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  await using program = await sourceProgram(t, { 'app.mjs': app }, env);
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  await sink.settled();
  assert.deepEqual(
    names(sink.spans).filter((span) => span.startsWith('early')),
    ['early 1 of life 1', 'early 2 of life 2'],
  );
  assert.equal(sink.logs.filter(({ name }) => name === 'printed').length, 1);
});

test('the standard engine reports that it cannot be started again', { timeout }, async (t) => {
  const app = `
    import { start } from '@sonde/otel';
    await start({ engine: 'standard', logs: { console: false } }).shutdown();
    await start().shutdown();`;
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
  await using program = await sourceProgram(t, { 'app.mjs': app }, env);
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.match(program.stderr, /ignoring start\(\) after shutdown\(\): .*\[SONDE_STARTED_AFTER_SHUTDOWN\]/);
});
