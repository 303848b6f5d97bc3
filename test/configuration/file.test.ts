import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

const timeout = 30_000;

/** Runs a program under `register` with a configuration file that exports all three signals to a sink. */
async function run(
  t: TestContext,
  app: string,
  { sampler, env = {} }: { sampler?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<{ sink: OtlpSink; program: Program }> {
  const sink = await OtlpSink.start();
  t.after(() => sink[Symbol.asyncDispose]());
  const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const exporter = (signal: string): string => `{ otlp_http: { endpoint: '${sink.url}/v1/${signal}' } }`;
  const sampling = sampler === undefined ? '' : `, sampler: ${sampler}`;
  await writeFile(
    join(folder, 'telemetry.yaml'),
    `file_format: '1.0'
resource: { attributes: [{ name: service.name, value: from-file }] }
tracer_provider: { processors: [{ batch: { exporter: ${exporter('traces')} } }]${sampling} }
logger_provider: { processors: [{ batch: { exporter: ${exporter('logs')} } }] }
meter_provider: { readers: [{ periodic: { exporter: ${exporter('metrics')} } }] }
`,
  );
  await writeFile(join(folder, 'app.mjs'), app);
  const program = new Program(
    process.execPath,
    [...packageFlags, '--import', '@sonde/otel/register', 'app.mjs'],
    { cwd: folder, env: { OTEL_CONFIG_FILE: 'telemetry.yaml', ...env } },
  );
  t.after(() => program[Symbol.asyncDispose]());
  return { sink, program };
}

const ended = { code: 0, signal: null };

test(
  'a declarative file decides where telemetry goes, and no instrumentation loses its metrics',
  { timeout },
  async (t) => {
    const { sink, program } = await run(
      t,
      `import { once } from 'node:events';
       import { createServer } from 'node:http';
       import { counter, getLogger } from '@sonde/otel';
       const server = createServer((_request, response) => {
         getLogger('app').info('asked');
         counter('app.requests').add(1);
         response.end();
       }).listen(0, '127.0.0.1');
       await once(server, 'listening');
       await fetch('http://127.0.0.1:' + server.address().port);
       server.close();`,
    );
    assert.deepEqual(await program.ended, ended, program.output);
    assert.match(program.stderr, /^sonde 0\.1\.0 configured by telemetry\.yaml · node/m);
    assert.deepEqual(
      sink.spans.map(({ raw }) => Number(raw['kind'])).toSorted((a, b) => a - b),
      [2, 3],
      program.output,
    );
    assert.deepEqual(
      sink.logs.map(({ name }) => name),
      ['asked'],
    );
    assert.equal(sink.spans[0]?.resource['service.name'], 'from-file');
    const names = new Set(sink.metrics.map(({ name }) => name));
    for (const name of ['app.requests', 'http.server.request.duration', 'http.client.request.duration']) {
      assert.ok(names.has(name), `${name} is not among ${[...names].join()}`);
    }
  },
);

const secrets = `
  import { getLogger, span } from '@sonde/otel';
  await span('pay', { 'user.password': 'hunter2', 'url.full': 'http://a:hunter2@h/?token=hunter2' }, async () => {
    getLogger('app').info('see http://a:hunter2@h/', { authorization: 'hunter2', iban: 'hunter2' });
    const circular = {};
    circular.self = circular;
    getLogger('app').info('poison', { circular });
  });`;

test(
  'secrets are redacted, and a record that cannot be encoded affects no other record',
  { timeout },
  async (t) => {
    const { sink, program } = await run(t, secrets, { env: { SONDE_REDACT_KEYS: 'iban' } });
    assert.deepEqual(await program.ended, ended, program.output);
    const [pay] = sink.spans;
    assert.equal(pay?.attributes['user.password'], 'REDACTED');
    assert.equal(pay.attributes['url.full'], 'http://REDACTED:REDACTED@h/?token=REDACTED');
    const [info, poison] = sink.logs;
    assert.equal(info?.name, 'see http://REDACTED:REDACTED@h/');
    assert.deepEqual(info.attributes, { authorization: 'REDACTED', iban: 'REDACTED' });
    assert.equal(poison?.name, 'poison');
  },
);

test('redact: false disables redaction', { timeout }, async (t) => {
  const { sink, program } = await run(t, secrets, { env: { SONDE_REDACT: 'false' } });
  assert.deepEqual(await program.ended, ended, program.output);
  assert.equal(sink.spans[0]?.attributes['user.password'], 'hunter2');
});

const failures = `
  import { span } from '@sonde/otel';
  for (const fails of [true, false, true, false]) {
    await span('root', { fails }, () => span('child', async () => { if (fails) throw new Error('no'); })).catch(() => {});
  }`;

for (const sampler of [
  '{ always_off: {} }',
  '{ parent_based: { root: { trace_id_ratio_based: { ratio: 0 } } } }',
]) {
  test(`traces with errors are kept in addition to those that ${sampler} samples`, { timeout }, async (t) => {
    const kept = await run(t, failures, { sampler, env: { SONDE_TRACES_KEEP: 'error' } });
    assert.deepEqual(await kept.program.ended, ended, kept.program.output);
    assert.deepEqual(kept.sink.spans.map(({ name }) => name).toSorted(), ['child', 'child', 'root', 'root']);
    assert.ok(
      kept.sink.spans.every(({ name, attributes }) => name === 'child' || attributes['fails'] === true),
    );
    const none = await run(t, failures, { sampler });
    assert.deepEqual(await none.program.ended, ended, none.program.output);
    assert.deepEqual(none.sink.spans, []);
  });
}

test('traces that the file samples are exported, with keep rules too', { timeout }, async (t) => {
  const env = { SONDE_TRACES_KEEP: 'error' };
  const { sink, program } = await run(t, failures, { sampler: '{ always_on: {} }', env });
  assert.deepEqual(await program.ended, ended, program.output);
  assert.equal(sink.spans.length, 8);
});

test('a span that is open at a signal is ended, marked and exported', { timeout }, async (t) => {
  const { sink, program } = await run(
    t,
    `import { trace } from '@opentelemetry/api';
     trace.getTracer('app').startSpan('open');
     setInterval(() => {}, 1000);
     console.log('ready');`,
  );
  await program.printed('ready');
  program.kill('SIGTERM');
  assert.deepEqual(await program.ended, { code: null, signal: 'SIGTERM' }, program.output);
  assert.deepEqual(
    sink.spans.map(({ name, attributes }) => [name, attributes['sonde.unfinished']]),
    [['open', true]],
  );
});
