import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as formatText } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { PrometheusExporter } from '@sonde/exporters';
import { createRouter } from '@sonde/router';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import { sideBySide } from './support/side-by-side.ts';
import { assertLinear } from './support/growth.ts';

const timeout = 120_000;
/** A secret that must not appear in any output. */
const planted = 'PLANTED';

/** The guarantees of SECURITY.md, without the final period. */
const guarantees = readFileSync(join(import.meta.dirname, '..', '..', 'SECURITY.md'), 'utf8')
  .split('## Default guarantees')[1]!
  .split('\n')
  .filter((line) => line.startsWith('- '))
  .map((line) => line.slice(2, -1));
const titles: string[] = [];

/** Defines a test whose title is a guarantee of SECURITY.md. */
function guarantee(title: string, run: (t: TestContext) => Promise<void>): void {
  titles.push(title);
  test(title, { timeout }, run);
}

/** Whether a listener accepts connections at this address. */
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

guarantee('Listeners bind to the loopback interface unless you configure another address', async () => {
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

guarantee('The Prometheus endpoint rejects requests whose Host header names a foreign host', async () => {
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
});

guarantee(
  'Resources contain no command line, no arguments and no process owner, because these can contain secrets',
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
    const processAttributes = Object.keys(resource).filter((name) => name.startsWith('process.'));
    assert.deepEqual(processAttributes.toSorted(), [
      'process.executable.name',
      'process.pid',
      'process.runtime.name',
      'process.runtime.version',
    ]);
  },
);

guarantee('Endpoints are logged without their credentials', async (t) => {
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

guarantee(
  'Telemetry on disk is readable by its user alone, and holds no secrets, no headers and no endpoint',
  async (t) => {
    const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
    t.after(() => rm(parent, { recursive: true, force: true }));
    const directory = join(parent, 'spool');
    const app = `
      import { getLogger, span, start } from '@sonde/otel';
      start();
      const secrets = { password: 'PLANTED', list: ['Bearer PLANTED1'] };
      span('kept on disk', secrets, () => getLogger('app').info('done', secrets));`;
    await using program = await sourceProgram(
      t,
      { 'app.mjs': app },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://ada:${planted}@localhost:9/planted-path`,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${planted}`,
        SONDE_OTLP_SPOOL_DIR: directory,
      },
    );
    await program.ended;
    const names = readdirSync(directory);
    assert.ok(names.length > 0, program.output);
    const contents = names.map((name) => readFileSync(join(directory, name), 'latin1'));
    assert.ok(contents.some((content) => content.includes('kept on disk')));
    for (const content of [...names, ...contents]) assert.doesNotMatch(content, /PLANTED|planted-path/);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    for (const name of names) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
  },
);

guarantee(
  'Attributes of spans, log records and metrics that look like secrets are redacted before export',
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

guarantee('Input from outside is limited in size and is parsed in linear time', async () => {
  await using server = await createRouter()
    .get('/', (c) => Object.keys(c.query as object).length)
    .post('/', async (c) => (await c.text()).length)
    .listen();
  const send = async (head: string, body = ''): Promise<string> => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`${head}\r\nhost: localhost\r\nconnection: close\r\n\r\n${body}`);
    return formatText(socket).catch(() => '');
  };
  // growth.test.ts covers the other parsers.
  for (const unit of ['a', '=', '&', '%']) {
    await assertLinear((text) => send(`GET /?${text} HTTP/1.1`), { units: [unit] });
  }
  assert.match(await send(`GET /?${'a'.repeat(17_500)} HTTP/1.1`), /^HTTP\/1.1 431/);
  assert.match(await send('POST / HTTP/1.1\r\ncontent-length: 2000000', 'a'), /^HTTP\/1.1 413/);
});

guarantee('Error responses contain only the status; details go to telemetry', async () => {
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

guarantee('A telemetry fault never reaches the application', async (t) => {
  const app = `
    const { logs, metrics, trace } = require('@opentelemetry/api');
    const poison = { get a() { throw new Error('telemetry'); }, b: new Proxy({}, { ownKeys() { throw new Error('telemetry'); } }) };
    const counts = metrics.getMeter('app').createCounter('count');
    counts.add(1, poison);
    const span = trace.getTracer('app').startSpan('work');
    const hostile = new Proxy({}, {
      get() { throw new Error('telemetry'); },
      ownKeys() { throw new Error('telemetry'); },
      getPrototypeOf() { throw new Error('telemetry'); },
    });
    span.setAttribute('hostile', hostile);
    span.setAttributes({ hostile, list: [hostile] });
    span.addEvent('event', { hostile });
    logs.getLogger('app').emit({ get body() { throw new Error('telemetry'); } });
    logs.getLogger('app').emit({ body: 'text', attributes: poison });
    logs.getLogger('app').emit({ body: hostile, attributes: { hostile } });
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

test('each guarantee of SECURITY.md has a test', () => {
  assert.deepEqual(titles.toSorted(), guarantees.toSorted());
});
