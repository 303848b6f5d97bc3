import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import { readCommand, listFiles, readSnippets } from './snippets.ts';

const timeout = 60_000;
const heading = 'Configure sampling';
const snippets = await readSnippets('docs/guide/sampling.md');
const instrument = listFiles(snippets, heading)['instrument.js'] ?? assert.fail('no snippet');

/** A server with successful, failing and slow routes, and a client. */
const app = `
  import { createServer } from 'node:http';
  import { getLogger, span } from '@sonde/otel';
  const log = getLogger('app');
  const server = createServer(async (request, response) => {
    const path = request.url;
    await span('work ' + path, async () => {
      log.info('working on ' + path);
      if (path === '/slow') await new Promise((resolve) => setTimeout(resolve, 600));
    });
    response.writeHead(path === '/fail' ? 500 : 200).end();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const ask = async (path) => (await fetch('http://127.0.0.1:' + server.address().port + path)).text();
  for (let round = 0; round < 200; round++) await ask('/fine');
  for (let round = 0; round < 20; round++) await ask('/fail');
  await Promise.all([ask('/slow'), ask('/slow'), ask('/slow')]);
  server.close();`;

const serverKind = 2;

/** Number of server spans and of inner spans for a path. */
const received = (sink: OtlpSink, path: string): [number, number] => [
  sink.spans.filter(({ raw, attributes }) => raw['kind'] === serverKind && attributes['url.path'] === path)
    .length,
  sink.spans.filter(({ name }) => name === `work ${path}`).length,
];

async function check(sink: OtlpSink): Promise<void> {
  assert.deepEqual(received(sink, '/fail'), [20, 20]);
  assert.deepEqual(received(sink, '/slow'), [3, 3]);
  const [fine, work] = received(sink, '/fine');
  assert.equal(fine, work, 'whole traces');
  assert.ok(fine > 0 && fine < 100, `${fine} of 200`);
  assert.equal(sink.logs.length, 223, 'log records are not sampled');
  const durations = sink.metrics.findLast(({ name }) => name === 'http.server.request.duration');
  assert.ok(durations);
  const { dataPoints } = durations.raw['histogram'] as { dataPoints: readonly { count: unknown }[] };
  const count = dataPoints.reduce((sum, point) => sum + Number(String(point.count)), 0);
  assert.equal(count, 223, 'nor are metrics');
}

test(
  'exports a fraction of the traces, and complete traces with errors and slow requests',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
    await using program = await sourceProgram(t, { 'instrument.mjs': instrument, 'app.mjs': app }, env);
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    await check(sink);
  },
);

test('environment variables configure the same sampling', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const words = readCommand(snippets, heading, 'node ').split(' ');
  const env = Object.fromEntries(words.slice(0, words.indexOf('node')).map((word) => word.split('=')));
  assert.deepEqual(words.slice(words.indexOf('node')).slice(1, 3), ['--require', '@sonde/otel/register']);
  await using program = await sourceProgram(
    t,
    { 'instrument.mjs': `import '@sonde/otel/register';`, 'app.mjs': app },
    { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  await check(sink);
});

test('cost: options set the limits, and evictions are reported', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const limits = listFiles(snippets, 'What it costs')['instrument.js'] ?? assert.fail('no snippet');
  const small = limits.replace('maxTraces: 20_000', 'maxTraces: 2');
  assert.notEqual(small, limits);
  const long = `
    import { span } from '@sonde/otel';
    const ends = [];
    const open = () => span('open', () => new Promise((resolve, reject) => ends.push(reject))).catch(() => {});
    const all = [1, 2, 3, 4, 5].map(open);
    for (const end of ends) end(new Error('broken'));
    await Promise.all(all);`;
  for (const [text, exported] of [
    [limits, 5],
    [small, 2],
  ] as const) {
    sink.spans.length = 0;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
    const files = { 'instrument.mjs': text.replace('ratio: 0.01', 'ratio: 0'), 'app.mjs': long };
    await using program = await sourceProgram(t, files, env);
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    assert.equal(sink.spans.length, exported);
    assert.equal(program.stderr.includes('[SONDE_SAMPLING_FULL]'), exported < 5, program.stderr);
    assert.equal(
      program.stderr.includes('3 traces evicted before their sampling decision'),
      exported < 5,
      program.stderr,
    );
  }
});

test('a trace that a crash interrupts is kept', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const crash = `
    import { span } from '@sonde/otel';
    span('fine', () => {});
    void span('request', () => span('step', () => new Promise(() => setImmediate(() => { throw new Error('crash'); }))));`;
  await using program = await sourceProgram(
    t,
    { 'instrument.mjs': instrument.replace('ratio: 0.1', 'ratio: 0'), 'app.mjs': crash },
    { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  );
  assert.equal((await program.ended).code, 1, program.output);
  assert.deepEqual(sink.spans.map(({ name }) => name).toSorted(), ['request', 'step']);
});
