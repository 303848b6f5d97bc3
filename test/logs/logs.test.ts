import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

const timeout = 30_000;

/** Runs a program under `register`, and returns its output. */
async function run(t: TestContext, body: string, env: Record<string, string>): Promise<Program> {
  const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'app.mjs'), body);
  await using program = new Program(
    process.execPath,
    [...packageFlags, '--import', '@sonde/otel/register', 'app.mjs'],
    { cwd: folder, env },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  return program;
}

test(
  'a burst of 10,000 records in one tick arrives completely, in order within each request',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const body = `import { getLogger } from '@sonde/otel';
    const log = getLogger('burst');
    for (let i = 0; i < 10_000; i++) log.info('record ' + i);`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_LOG_CONSOLE: 'false' };
    const program = await run(t, body, env);
    assert.doesNotMatch(program.stderr, /dropped|not exported/);
    const numbers = sink.logs.map(({ name }) => Number(name.replace('record ', '')));
    // Several requests are in flight at a time: a number that does not follow the one before begins a request.
    const batches: number[][] = [];
    for (const [index, number] of numbers.entries()) {
      if (index === 0 || number !== (numbers[index - 1] ?? 0) + 1) batches.push([]);
      batches.at(-1)?.push(number);
    }
    assert.ok(batches.length <= Math.ceil(10_000 / 512), `${batches.length} parts`);
    batches.sort(([first = 0], [second = 0]) => first - second);
    assert.deepEqual(
      batches.flat(),
      Array.from({ length: 10_000 }, (_each, index) => index),
    );
  },
);

test(
  'batches are as large as they may be, and what an encoded record makes itself is not lost',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const body = `import { logs } from '@opentelemetry/api';
    import { getLogger } from '@sonde/otel';
    const log = getLogger('inner');
    const list = [];
    Object.defineProperty(list, 0, { enumerable: true, get: () => (log.info('read'), 'text') });
    for (let i = 0; i < 250; i++) {
      logs.getLogger('outer').emit({ body: 'record ' + i, attributes: i === 50 ? { list } : {} });
    }`;
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      SONDE_LOG_CONSOLE: 'false',
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '100',
    };
    await run(t, body, env);
    const names = sink.logs.map(({ name }) => name);
    const outer = names.filter((name) => name !== 'read');
    assert.deepEqual(
      outer,
      Array.from({ length: 250 }, (_each, index) => `record ${index}`),
    );
    assert.ok(names.includes('read'), 'a getter that logs does so');
    const batches = sink.requests.filter(({ path }) => path === '/v1/logs');
    assert.equal(batches.length, Math.ceil(names.length / 100));
  },
);

test(
  'records beyond the queue limit are reported immediately and counted at exit',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const body = `import { getLogger } from '@sonde/otel';
    const log = getLogger('burst');
    for (let i = 0; i < 1000; i++) log.info('record ' + i);`;
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      SONDE_LOG_CONSOLE: 'false',
      OTEL_BLRP_MAX_QUEUE_SIZE: '100',
    };
    const { stderr } = await run(t, body, env);
    assert.equal(stderr.split('[SONDE_QUEUE_FULL]').length, 2, stderr);
    const lost = Number(/not exported: (\d+) log records?/.exec(stderr)?.[1]);
    assert.equal(sink.logs.length + lost, 1000, stderr);
    const dropped = sink.metrics.find(({ name }) => name === 'otel.sdk.processor.log.processed');
    assert.ok(JSON.stringify(dropped?.raw).includes('queue_full'), 'and it is a metric');
  },
);

test(
  'a poisonous record reaches the Collector in words, and its neighbors with it',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const body = `import { logs } from '@opentelemetry/api';
    import { getLogger } from '@sonde/otel';
    const log = getLogger('poison');
    const circular = {}; circular.self = circular;
    log.info('before');
    logs.getLogger('api').emit({ body: circular });
    logs.getLogger('api').emit({ body: { get bad() { throw new Error('no'); }, big: 10n } });
    log.info('attributes', { circular, big: 10n, get bad() { throw new Error('no'); } });
    log.info('x'.repeat(1_000_000));
    log.info('after');`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_LOG_CONSOLE: 'false' };
    const program = await run(t, body, env);
    assert.equal(sink.logs.length, 6, program.output);
    const ours = sink.logs.filter(({ scope }) => scope === 'poison').map(({ name }) => name);
    assert.deepEqual([ours[0], ours[1], ours[3]], ['before', 'attributes', 'after']);
    assert.ok((ours[2]?.length ?? 0) < 70_000 && ours[2]?.endsWith('more characters)'));
  },
);

test('captures console calls in addition to or instead of their output', { timeout }, async (t) => {
  for (const replace of [false, true]) {
    await using sink = await OtlpSink.start();
    const body = `import { start } from '@sonde/otel';
      start({ logs: { captureConsole: ${replace ? "'replace'" : true}, console: '%(levelname)s|%(message)s' } });
      console.log('hello %s', 'world');
      console.error('failed', new RangeError('r'));`;
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'app.mjs'), body);
    await using program = new Program(process.execPath, [...packageFlags, 'app.mjs'], {
      cwd: folder,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    });
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    assert.deepEqual(
      sink.logs.map(({ scope, raw, attributes }) => [
        scope,
        raw['severityText'],
        attributes['exception.type'],
      ]),
      [
        ['console', 'INFO', undefined],
        ['console', 'ERROR', 'RangeError'],
      ],
    );
    assert.equal(program.stdout, replace ? '' : 'hello world\n');
    assert.equal(program.stderr.includes('INFO|hello world'), replace, program.stderr);
  }
});

test("Node's warnings are records, and levels come from the environment by name", { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const body = `import { getLogger } from '@sonde/otel';
    process.emitWarning('too many', { type: 'PoolWarning', code: 'POOL' });
    await new Promise(setImmediate);
    getLogger('app.db').debug('shown');
    getLogger('app').debug('hidden');`;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_LOG_LEVEL: 'warn,app.db=debug' };
  const program = await run(t, body, env);
  assert.match(program.stderr, /\[POOL\] PoolWarning: too many/);
  assert.deepEqual(sink.logs.map(({ name }) => name).toSorted(), ['PoolWarning: too many', 'shown']);
});
