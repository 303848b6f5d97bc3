import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { PrometheusExporter } from '@sonde/exporters';
import { createRouter } from '@sonde/router';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import { sideBySide } from './support/side-by-side.ts';
import { assertLinear } from './support/growth.ts';

const timeout = 120_000;
const planted = 'PLANTED';

/** The promises of SECURITY.md, without the full stop. */
const promises = readFileSync(join(import.meta.dirname, '..', '..', 'SECURITY.md'), 'utf8')
  .split('## What we promise by default')[1]!
  .split('\n')
  .filter((line) => line.startsWith('- '))
  .map((line) => line.slice(2, -1));
const titles: string[] = [];

/** A test whose title is a promise. */
function promise(title: string, run: (t: TestContext) => Promise<void>): void {
  titles.push(title);
  test(title, { timeout }, run);
}

/** Whether something listens there. */
async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  const { promise: answered, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  const isConnected = await answered;
  socket.destroy();
  return isConnected;
}

const otherAddresses = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);

promise('Listeners bind the loopback interface unless you name another address', async () => {
  await using server = await createRouter()
    .get('/', () => 'ok')
    .listen();
  const exporter = new PrometheusExporter({ port: 0 });
  const started = await exporter.ready();
  assert.ok('url' in started);
  const ports = [server.port, Number(new URL(started.url).port)];
  for (const port of ports) {
    assert.ok(await isOpen('127.0.0.1', port));
    for (const address of otherAddresses) assert.equal(await isOpen(address, port), false, address);
  }
  await exporter.shutdown();

  await using open = await createRouter()
    .get('/', () => 'ok')
    .listen({ host: '0.0.0.0' });
  for (const address of otherAddresses) assert.ok(await isOpen(address, open.port), address);
});

promise(
  'The page for Prometheus answers requests that name it, and refuses those that name another host',
  async () => {
    const exporter = new PrometheusExporter({ port: 0 });
    const started = await exporter.ready();
    assert.ok('url' in started);
    const { port } = new URL(started.url);
    const statusFor = async (host: string): Promise<number | undefined> => {
      const { promise: answered, resolve, reject } = Promise.withResolvers<number | undefined>();
      request({ port, host: '127.0.0.1', path: '/metrics', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
      return answered;
    };
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
      assert.equal(await statusFor(host), 503, host);
    for (const host of ['evil.example', `evil.example:${port}`, '169.254.169.254']) {
      assert.equal(await statusFor(host), 421, host);
    }
    await exporter.shutdown();
  },
);

promise(
  'Resources carry no command line, no arguments and no process owner: secrets travel there',
  async (t) => {
    await using sink = await OtlpSink.start();
    const app = `
    import { span, start } from '@sonde/otel';
    process.argv.push('--password=PLANTED');
    process.title = 'PLANTED';
    start();
    span('work', () => {});`;
    await using program = await sourceProgram(
      t,
      { 'app.mjs': app },
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, USER: planted, LOGNAME: planted },
    );
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr);
    const { resource } = sink.spans[0] ?? assert.fail('no span');
    assert.doesNotMatch(JSON.stringify(resource), /PLANTED/);
    const told = Object.keys(resource).filter((name) => name.startsWith('process.'));
    assert.deepEqual(told.toSorted(), [
      'process.executable.name',
      'process.pid',
      'process.runtime.name',
      'process.runtime.version',
    ]);
  },
);

promise('Endpoints are shown without the credentials in them', async (t) => {
  for (const endpoint of [
    `http://ada:${planted}@127.0.0.1:9/`,
    `http://${planted}@127.0.0.1:9/base?token=${planted}`,
    `ftp://ada:${planted}@127.0.0.1:9/`,
    `http://ada:${planted}@127.0.0.1:notaport/`,
  ]) {
    await using program = await sourceProgram(
      t,
      { 'app.mjs': `import { span, start } from '@sonde/otel'; start(); span('work', () => {});` },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${planted}`,
      },
    );
    await program.ended;
    assert.doesNotMatch(program.output, /PLANTED/, endpoint);
    assert.match(program.output, /sonde /);
  }
});

promise(
  'Attributes whose names or values look like secrets are redacted before they are exported, those of metrics too',
  async (t) => {
    await using sink = await OtlpSink.start();
    const app = `
      import { counter, getLogger, span, start } from '@sonde/otel';
      start();
      const secrets = { password: 'PLANTED', note: 'postgres://u:PLANTED@h/', list: ['Bearer PLANTED1'] };
      span('work', secrets, () => getLogger('app').info('done', secrets));
      counter('count').add(1, { password: 'PLANTED', note: 'postgres://u:PLANTED@h/' });`;
    await using program = await sourceProgram(
      t,
      { 'app.mjs': app },
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    );
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr);
    await sink.settled();
    assert.ok(sink.spans.length > 0 && sink.logs.length > 0 && sink.metrics.length > 0);
    const sent = JSON.stringify([...sink.spans, ...sink.logs, ...sink.metrics].map(({ raw }) => raw));
    assert.doesNotMatch(sent + program.output, /PLANTED/);
    assert.match(sent, /REDACTED/);
  },
);

promise(
  'What comes from outside is limited in size, and is read in time in proportion to its length',
  async () => {
    await using server = await createRouter()
      .get('/', (c) => Object.keys(c.query as object).length)
      .post('/', async (c) => (await c.text()).length)
      .listen();
    const asked = async (head: string, body = ''): Promise<string> => {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`${head}\r\nhost: localhost\r\nconnection: close\r\n\r\n${body}`);
      return textOf(socket).catch(() => '');
    };
    // The growth of everything that is read stands in growth.test.ts.
    for (const unit of ['a', '=', '&', '%']) {
      await assertLinear((text) => asked(`GET /?${text} HTTP/1.1`), { units: [unit], maxLength: 16_384 });
    }
    assert.match(await asked(`GET /?${'a'.repeat(17_500)} HTTP/1.1`), /^HTTP\/1.1 431/);
    assert.match(await asked('POST / HTTP/1.1\r\ncontent-length: 2000000', 'a'), /^HTTP\/1.1 413/);
  },
);

promise('Answers to requests that fail say no more than the status: details go to telemetry', async () => {
  await using server = await createRouter()
    .get('/throws', () => {
      throw new Error(planted);
    })
    .get('/rejects', async () => Promise.reject(new TypeError(planted)))
    .get('/cause', () => {
      throw new Error('x', { cause: planted });
    })
    .get('/text', () => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw planted;
    })
    .listen();
  for (const path of ['/throws', '/rejects', '/cause', '/text']) {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 500);
    const answer = await response.text();
    assert.deepEqual(JSON.parse(answer), { status: 500, title: 'Internal Server Error' });
    assert.doesNotMatch(JSON.stringify([...response.headers]), /PLANTED/);
  }
});

promise('A fault of telemetry never reaches the application', async (t) => {
  const app = `
    const { metrics, trace } = require('@opentelemetry/api');
    const poison = { get a() { throw new Error('telemetry'); }, b: new Proxy({}, { ownKeys() { throw new Error('telemetry'); } }) };
    const counts = metrics.getMeter('app').createCounter('count');
    counts.add(1, poison);
    const span = trace.getTracer('app').startSpan('work');
    metrics.getMeter('app').createObservableGauge('seen').addCallback(() => { throw new Error('telemetry'); });
    span.end();
    console.log('done');
    process.exitCode = 3;`;
  const { bare, sonde } = await sideBySide(t, {
    files: { 'app.cjs': app },
    sondeEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  });
  assert.deepEqual(bare.ending, { code: 3, signal: null });
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
});

test('each promise of SECURITY.md is a test', () => {
  assert.deepEqual(titles.toSorted(), promises.toSorted());
});
