import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const timeout = 60_000;

const app = `
  import { once } from 'node:events';
  import { createServer, get } from 'node:http';
  const server = createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = 'http://127.0.0.1:' + server.address().port;
  for (const path of ['/', '/metrics']) {
    const [response] = await once(get(url + path), 'response');
    await once(response.resume(), 'end');
  }
  server.close();`;

const instrument = (options: string): string => `
  import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
  import { start } from '@sonde/otel';
  const own = (options) => new HttpInstrumentation(options);
  start({ serviceName: 'choice', logs: { console: false }, metrics: { exporter: ['none'] }, ...${options} });`;

const ours = '@sonde/instrumentation-http GET';
const upstreams = '@opentelemetry/instrumentation-http GET';

/** The scopes that record incoming requests, then those that record outgoing ones. */
const choices: Readonly<
  Record<string, { options?: string; env?: Record<string, string>; scopes: string[] }>
> = {
  'our own beside upstream for what goes out': { scopes: [ours, upstreams, upstreams] },
  'upstream alone on the standard engine': {
    env: { SONDE_ENGINE: 'standard' },
    scopes: [upstreams, upstreams, upstreams],
  },
  'the one that the user gives, and no other': {
    options: '{ instrumentations: [own({ disableOutgoingRequestInstrumentation: true })] }',
    scopes: [upstreams, upstreams],
  },
  'none when it is disabled': { env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, scopes: [] },
  'none when others are enabled': { env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici' }, scopes: [] },
  'our own for every path, when none is ignored': {
    options: '{ instrumentation: { ignorePaths: [] } }',
    scopes: [ours, ours, upstreams, upstreams],
  },
};

for (const [name, { options = '{}', env = {}, scopes }] of Object.entries(choices)) {
  test(`instrumentation of requests: ${name}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const files = { 'instrument.mjs': instrument(options), 'app.mjs': app };
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env };
    await using program = await sourceProgram(t, files, all);
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    await sink.settled();
    const seen = sink.spans.map((span) => `${span.scope} ${span.name}`);
    assert.deepEqual(
      seen.toSorted((a, b) => (a < b ? 1 : -1)),
      scopes.toSorted((a, b) => (a < b ? 1 : -1)),
      program.output,
    );
  });
}
