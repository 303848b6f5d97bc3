import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { peerModules } from '../conformance/peer-modules.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

// With another SDK in the process, the registered one works as it does alone, and the other one is reported.

const timeout = 120_000;
const serverKind = 2;

/** Setup of upstream's SDK as documented, with a separate sink. */
const tracing = `
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
  const sdk = new NodeSDK({
    serviceName: 'theirs',
    traceExporter: new OTLPTraceExporter({ url: process.env.THEIR_SINK + '/v1/traces' }),
    instrumentations: [new HttpInstrumentation()],
  });
  sdk.start();
  process.once('beforeExit', () => sdk.shutdown());`;
const app = `
  const { trace } = require('@opentelemetry/api');
  const http = require('node:http');
  const server = http.createServer((request, response) => {
    trace.getTracer('app').startActiveSpan('work', (span) => {
      span.end();
      response.end('x');
    });
  }).listen(0, '127.0.0.1', () => {
    http.get({ port: server.address().port, agent: false }, (response) => {
      response.resume().on('end', () => server.close());
    });
  });`;

/** The versions of upstream's SDK, by where they are installed. */
const sdks: Readonly<Record<string, () => Promise<string>>> = {
  '3.x': () => Promise.resolve(join(import.meta.dirname, '..', '..', 'node_modules')),
  '2.x': () => peerModules('sdk-2', join(import.meta.dirname, 'peers')),
};

interface Seen {
  readonly ours: readonly Received[];
  readonly theirs: readonly Received[];
  readonly notices: readonly string[];
  readonly program: Program;
}

async function run(
  t: TestContext,
  modules: string,
  requires: readonly string[],
  engine: string,
): Promise<Seen> {
  await using ours = await OtlpSink.start();
  await using theirs = await OtlpSink.start();
  const folder = await mkdtemp(join(import.meta.dirname, '..', '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // A separate folder with separate copies of the packages.
  const place = join(folder, 'application');
  await mkdir(place);
  await symlink(modules, join(place, 'node_modules'), 'junction');
  await writeFile(join(place, 'tracing.cjs'), tracing);
  await writeFile(join(place, 'app.cjs'), app);
  const preloads = requires.flatMap((name) => ['--require', name]);
  await using program = new Program(
    process.execPath,
    [...packageFlags, ...preloads, './application/app.cjs'],
    {
      cwd: folder,
      env: {
        NODE_OPTIONS: '',
        OTEL_EXPORTER_OTLP_ENDPOINT: ours.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_METRICS_EXPORTER: 'none',
        THEIR_SINK: theirs.url,
        SONDE_ENGINE: engine,
      },
    },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  await ours.settled();
  await theirs.settled();
  const notices = program.stderr.split('\n').filter((line) => line.includes('[SONDE_OTHER_SDK]'));
  return { ours: ours.spans, theirs: theirs.spans, notices, program };
}

const sonde = '@sonde/otel/register';
const theirs = './application/tracing.cjs';
const shape = (spans: readonly Received[]): string[] =>
  spans.map(({ name, scope, raw }) => `${scope} ${String(raw['kind'])} ${name}`).toSorted();
const servers = (spans: readonly Received[]): readonly Received[] =>
  spans.filter(({ raw }) => raw['kind'] === serverKind);

for (const [version, modulesOf] of Object.entries(sdks)) {
  for (const engine of ['lean', 'standard']) {
    suite(`an SDK ${version}, Sonde's engine ${engine}`, () => {
      test('is unaffected if it starts first', { timeout }, async (t) => {
        const modules = await modulesOf();
        const alone = await run(t, modules, [theirs], engine);
        const both = await run(t, modules, [theirs, sonde], engine);
        assert.equal(servers(alone.theirs).length, 1, alone.program.output);
        assert.deepEqual(shape(both.theirs), shape(alone.theirs), both.program.output);
        assert.equal(new Set(both.theirs.map(({ traceId }) => traceId)).size, 1);
        assert.deepEqual(shape(both.ours), []);
        const [first = ''] = both.notices;
        assert.match(first, /^sonde: another OpenTelemetry SDK is already registered for traces/);
      });

      test('is reported if it starts later, with one server span', { timeout }, async (t) => {
        const modules = await modulesOf();
        const both = await run(t, modules, [sonde, theirs], engine);
        assert.equal(both.notices.length, 1, both.program.stderr);
        assert.match(
          both.notices[0] ?? '',
          /another OpenTelemetry SDK was started after Sonde and receives no traces/,
        );
        assert.deepEqual(shape(both.theirs), []);
        assert.equal(servers(both.ours).length, 1, shape(both.ours).join('\n'));
        assert.equal(new Set(both.ours.map(({ traceId }) => traceId)).size, 1);
      });
    });
  }
}

test('an application that only reads the API causes no report', { timeout }, async (t) => {
  const folder = await mkdtemp(join(import.meta.dirname, '..', '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, 'app.cjs'),
    `const { diag, metrics, trace } = require('@opentelemetry/api');
     const said = [];
     const keep = (text) => said.push(text);
     for (let count = 0; count < 300; count++) diag.warn('nobody listens');
     trace.getTracer('app').startSpan('work').end();
     diag.setLogger({ error: keep, warn: keep, info: keep, debug() {}, verbose() {} });
     diag.info('heard');
     // No other meter provider is registered.
     console.log(metrics.setGlobalMeterProvider({ getMeter() {} }), JSON.stringify(said));`,
  );
  await using program = new Program(process.execPath, [...packageFlags, '--require', sonde, 'app.cjs'], {
    cwd: folder,
    env: { NODE_OPTIONS: '', OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'console' },
  });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.ok(program.stdout.includes('true ["heard"]'), program.output);
  assert.ok(!program.stderr.includes('SONDE_OTHER_SDK'), program.stderr);
});
