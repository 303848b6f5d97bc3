import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import { type Identity, selfSigned } from '../zero-code/support/tls.ts';

const timeout = 60_000;
const tracesAlone = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
};

test(
  'a flush of the application that was late does not take the time of the last export',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const app = `
    import { trace } from '@opentelemetry/api';
    import { start } from '@sonde/otel';
    const sonde = start({ logs: { console: false }, exit: { timeoutMs: 30_000 } });
    const work = () => { for (let span = 0; span < 100; span++) trace.getTracer('app').startSpan('work').end(); };
    work();
    await sonde.flush({ timeoutMs: 0 });
    work();
    process.exit(6);`;
    const env = { ...tracesAlone, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
    await using program = await sourceProgram(t, { 'app.mjs': app }, env);
    assert.deepEqual(await program.ended, { code: 6, signal: null });
    assert.ok(sink.spans.length >= 200, `${sink.spans.length} spans arrived`);
    assert.doesNotMatch(program.stderr, /not exported/);
  },
);

/** Receiver with a self-signed certificate that counts spans. */
async function secureReceiver(
  t: TestContext,
  identity: Identity,
): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const server = createServer(identity, (request, response) => {
    void request.toArray().then((chunks) => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as {
        resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) count += spans.length;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, count: () => count };
}

const settings: Readonly<Record<string, { env?: Record<string, string>; source?: string }>> = {
  'NODE_TLS_REJECT_UNAUTHORIZED in the environment': { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  'NODE_TLS_REJECT_UNAUTHORIZED set by the program': {
    source: `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';`,
  },
  NODE_EXTRA_CA_CERTS: { env: { NODE_EXTRA_CA_CERTS: 'cert.pem' } },
  'SSL_CERT_FILE and the certificates of OpenSSL': {
    env: { SSL_CERT_FILE: 'cert.pem', NODE_OPTIONS: '--use-openssl-ca' },
  },
  OTEL_EXPORTER_OTLP_CERTIFICATE: { env: { OTEL_EXPORTER_OTLP_CERTIFICATE: 'cert.pem' } },
};

for (const [name, { env = {}, source = '' }] of Object.entries(settings)) {
  for (const [ending, end] of Object.entries({
    'process.exit()': 'process.exit(3);',
    'an empty event loop': 'process.exitCode = 3;',
  })) {
    test(`${ending} exports like any other export: ${name}`, { timeout }, async (t) => {
      const identity = await selfSigned();
      if (identity === undefined) return needs(t, 'openssl is not installed');
      const folder = await mkdtemp(join(import.meta.dirname, '.tls-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, 'cert.pem'), identity.cert);
      const receiver = await secureReceiver(t, identity);
      const app = `
        import { trace } from '@opentelemetry/api';
        import { start } from '@sonde/otel';
        ${source}
        start({ logs: { console: false }, exit: { timeoutMs: 30_000 } });
        for (let span = 0; span < 20; span++) trace.getTracer('app').startSpan('work').end();
        ${end}`;
      const paths = Object.entries(env).map(([variable, value]) => [
        variable,
        value === 'cert.pem' ? join(folder, value) : value,
      ]);
      await using program = await sourceProgram(
        t,
        { 'app.mjs': app },
        {
          ...tracesAlone,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          ...(Object.fromEntries(paths) as Record<string, string>),
        },
      );
      assert.deepEqual(await program.ended, { code: 3, signal: null }, program.output);
      assert.equal(receiver.count(), 20, program.output);
    });
  }
}
