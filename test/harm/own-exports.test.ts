import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpGrpcSink } from '../support/otlp-grpc-sink.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { sourceProgram } from '../support/source-program.ts';
import { application } from '../zero-code/support/applications.ts';

// Requests, connections and DNS lookups of exports are never traced, and exports cannot cause a loop.

const timeout = 120_000;
const engines = ['lean', 'standard'];
const clients = ['grpc', 'net', 'dns', 'http', 'undici'].map(
  (name) => `@opentelemetry/instrumentation-${name}`,
);

/** Enables every instrumentation that could observe an export; a process that does not exit fails the test. */
async function run(t: Parameters<typeof application>[0], env: Record<string, string>): Promise<Program> {
  const cwd = await application(t, clients, { 'app.cjs': `console.log('work done')` });
  await using program = new Program(process.execPath, ['--require', '@sonde/otel/register', 'app.cjs'], {
    cwd,
    env: { NODE_OPTIONS: '', ...env },
  });
  const limit = setTimeout(() => program.killAll(), timeout / 2);
  const ending = await program.ended;
  clearTimeout(limit);
  assert.deepEqual(ending, { code: 0, signal: null }, program.output);
  assert.equal(program.stdout, 'work done\n');
  return program;
}

for (const engine of engines) {
  test(`a program exits when it exports over gRPC and gRPC is traced, ${engine}`, { timeout }, async (t) => {
    await using sink = await OtlpGrpcSink.start();
    await run(t, {
      SONDE_ENGINE: engine,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      // A name, so that a DNS lookup happens.
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${sink.port}`,
    });
    assert.deepEqual(sink.spanNames, []);
    assert.deepEqual(Object.fromEntries(sink.requests), { MetricsService: 1 });
  });

  test(`connections and DNS lookups of HTTP exports are not traced, ${engine}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    await run(t, {
      SONDE_ENGINE: engine,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url.replace('127.0.0.1', 'localhost'),
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    });
    await sink.settled();
    assert.deepEqual(
      sink.spans.map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      sink.requests.map(({ path }) => path),
      ['/v1/metrics'],
    );
  });
}

/** A service that receives OTLP itself, and exports to itself. */
const relay = `
  import { createServer } from 'node:http';
  import { once } from 'node:events';
  const counts = { '/v1/traces': 0, '/v1/logs': 0, '/v1/metrics': 0 };
  const server = createServer((request, response) => {
    counts[request.url] = (counts[request.url] ?? 0) + 1;
    request.resume();
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(Number(process.env.RELAY_PORT), '127.0.0.1');
  await once(server, 'listening');
  const url = 'http://127.0.0.1:' + server.address().port;
  // Requests of other programs to the receiver are traced on both sides.
  await (await fetch(url + '/v1/traces', { method: 'POST', body: '{}' })).text();
`;
const relayInstrument = `
  import { createServer } from 'node:net';
  import { once } from 'node:events';
  import { start } from '@sonde/otel';
  import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
  // A port that is known before the first request.
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  process.env.RELAY_PORT = String(port);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:' + port;
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/json';
  globalThis.exporter = new InMemorySpanExporter();
  globalThis.sonde = start({
    engine: process.env.SONDE_ENGINE,
    logs: { console: false },
    traces: {
      batch: { scheduledDelayMs: 100 },
      spanProcessors: [new SimpleSpanProcessor({ exporter: globalThis.exporter })],
    },
    metrics: { intervalMs: 100 },
  });
`;

for (const engine of engines) {
  test(
    `a process that receives its own exports sends a few requests per delay, ${engine}`,
    { timeout },
    async (t) => {
      const app = `
      import './set-up.mjs';
      ${relay.replaceAll(/^ *import .*$/gm, '')}
      // Ten delays of the batch, counted in exports of metrics.
      while (counts['/v1/metrics'] < 10) await new Promise((resolve) => setTimeout(resolve, 20));
      const before = counts['/v1/traces'];
      await sonde.flush();
      const clients = exporter.getFinishedSpans().filter(({ kind }) => kind === 2).length;
      const servers = exporter.getFinishedSpans().filter(({ kind }) => kind === 1).length;
      console.log(JSON.stringify({ ...counts, before, clients, servers }));
      server.close();
      server.closeAllConnections();
      await sonde.shutdown();
      process.exit();`;
      const files = {
        'set-up.mjs': relayInstrument,
        'app.mjs': `import { createServer } from 'node:http'; import { once } from 'node:events'; ${app}`,
      };
      await using program = await sourceProgram(t, files, { SONDE_ENGINE: engine });
      assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
      const counts = JSON.parse(program.stdout) as Record<string, number>;
      assert.equal(counts['clients'], 1, 'the request of the application, and no export');
      assert.ok((counts['servers'] ?? 0) >= 1, program.output);
      assert.ok((counts['/v1/traces'] ?? 0) >= 1, program.output);
      // One per delay and one for the flush; ten times as many on a slow machine.
      assert.ok((counts['/v1/traces'] ?? Infinity) <= 300, program.output);
      assert.ok((counts['/v1/traces'] ?? 0) - (counts['before'] ?? 0) <= 3, program.output);
    },
  );
}

/** Traces every call of `node:fs`, as an instrumentation of files does; the program's own calls are in a span of its own. */
const tracedFiles = `
  const fs = require('node:fs');
  const { context, trace } = require('@opentelemetry/api');
  const seen = [];
  for (const holder of [fs, fs.promises]) {
    for (const [name, original] of Object.entries(holder)) {
      if (typeof original !== 'function' || /^[A-Z_]|Stream/.test(name) || original.native) continue;
      holder[name] = function (...args) {
        const span = trace.getTracer('files').startSpan(name);
        if (span.isRecording()) seen.push(name);
        try {
          return original.apply(this, args);
        } finally {
          span.end();
        }
      };
    }
  }
  require('node:module').syncBuiltinESMExports();
`;

test('files that telemetry writes and reads are not traced', { timeout }, async (t) => {
  const app = `${tracedFiles}
    const { createServer } = require('node:net');
    const { mkdtempSync } = fs;
    const { tmpdir } = require('node:os');
    const { join } = require('node:path');
    const folder = mkdtempSync(join(tmpdir(), 'sonde-spool-'));
    // Nobody listens on the port of a closed server.
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(async () => {
        process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:' + port;
        const { getLogger, start } = require('@sonde/otel');
        const sonde = start({
          otlp: { spoolDirectory: folder },
          traces: { exporter: ['console', 'otlp'], batch: { scheduledDelayMs: 10 } },
          metrics: { exporter: ['none'] },
          logs: { console: 'json' },
        });
        seen.length = 0;
        const turn = () => new Promise((resolve) => setImmediate(resolve));
        for (let count = 0; count < 100; count++) {
          getLogger('app').info('line ' + count);
          trace.getTracer('app').startSpan('work').end();
          await turn();
        }
        await sonde.flush({ timeoutMs: 500 });
        await turn();
        process.on('exit', () => {
          const count = seen.length;
          console.log(JSON.stringify({ count, names: [...new Set(seen)] }));
        });
        process.exit(0);
      });
    });`;
  await using program = await sourceProgram(t, { 'app.cjs': app, 'app.mjs': `import './app.cjs';` });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output.slice(-2000));
  const last = program.stdout.trim().split('\n').at(-1) ?? '';
  assert.deepEqual(JSON.parse(last), { count: 0, names: [] }, program.output.slice(-2000));
});
