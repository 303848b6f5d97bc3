import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { GrpcReceiver } from '../support/grpc-receiver.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import { needs } from '../support/needs.ts';
import { sourceProgram } from '../support/source-program.ts';
import { type Identity, selfSigned } from '../zero-code/support/tls.ts';

// Exports, the start-up probe and the sender at exit use a proxy exactly when Node.js uses it for the application.

const timeout = 60_000;
const noProxies = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [
    [name, ''],
    [name.toUpperCase(), ''],
  ]),
);

/** Runs a program that creates one span of each name and ends as `end` says; returns it when it has ended. */
async function run(
  t: TestContext,
  env: Readonly<Record<string, string>>,
  end = 'await sonde.shutdown();',
): Promise<Program> {
  const app = `
    import { start, span } from '@sonde/otel';
    const sonde = start({ metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false } });
    // A listener for a signal does not keep the process alive.
    const timer = setInterval(() => {}, 1000);
    await new Promise((resolve) => process.once('SIGUSR2', resolve));
    clearInterval(timer);
    span('work', () => {});
    ${end}`;
  const program = await sourceProgram(t, { 'app.mjs': app }, { ...noProxies, ...env });
  // The start-up line is printed when the endpoints were probed.
  await program.printed('traces→otlp');
  program.kill('SIGUSR2');
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  return program;
}

const spanNames = (sink: OtlpSink): string[] => sink.spans.map(({ name }) => name);

for (const [ending, end] of [
  ['shutdown', undefined],
  ['process.exit()', 'process.exit(0);'],
] as const) {
  test(`a plain HTTP export passes through HTTP_PROXY, ${ending}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    // Only the proxy knows the name.
    await using proxy = await ForwardProxy.start({ targetPort: Number(new URL(sink.url).port) });
    const env = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxy.url.replace('://', '://user:pass@'),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318',
    };
    const { stderr } = await run(t, env, end);
    assert.match(stderr, /traces→otlp http:\/\/collector\.test:4318 ·/, 'the probe passes through the proxy');
    assert.deepEqual(spanNames(sink), ['work'], stderr);
    assert.deepEqual(proxy.forwarded, [
      'HEAD http://collector.test:4318/',
      'POST http://collector.test:4318/v1/traces',
    ]);
    assert.deepEqual(proxy.credentials, ['user:pass', 'user:pass']);
  });

  test(`an export over gRPC passes through a tunnel of HTTP_PROXY, ${ending}`, { timeout }, async (t) => {
    await using receiver = await GrpcReceiver.start();
    await using proxy = await ForwardProxy.start({ targetPort: receiver.port });
    const env = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxy.url.replace('://', '://user:pass@'),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4317',
      SONDE_EXIT_TIMEOUT: '20000',
    };
    const { stderr } = await run(t, env, end);
    assert.equal(receiver.arrived.length, 1, stderr);
    assert.ok(proxy.tunnels.includes('collector.test:4317'), proxy.tunnels.join());
    assert.ok(proxy.credentials.every((each) => each === 'user:pass'));
  });

  test(`an HTTPS export passes through a tunnel of https_proxy, ${ending}`, { timeout }, async (t) => {
    const identity = await selfSigned();
    if (identity === undefined) return needs(t, 'openssl');
    await using sink = await OtlpSink.start();
    const { port, certificate } = await tlsFront(t, sink, identity);
    await using proxy = await ForwardProxy.start();
    const env = {
      NODE_USE_ENV_PROXY: '1',
      https_proxy: proxy.url,
      HTTPS_PROXY: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
    };
    const { stderr } = await run(t, env, end);
    assert.match(stderr, new RegExp(`traces→otlp https://localhost:${port} ·`));
    assert.deepEqual(spanNames(sink), ['work'], stderr);
    assert.deepEqual(proxy.tunnels, [`localhost:${port}`, `localhost:${port}`]);
    assert.deepEqual(proxy.forwarded, []);
  });
}

for (const [title, env] of [
  ['NO_PROXY names the host', { NODE_USE_ENV_PROXY: '1', NO_PROXY: 'example.test,127.0.0.1' }],
  ['Node.js does not use proxies', {}],
] as const) {
  test(`an export goes out directly when ${title}`, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    await using proxy = await ForwardProxy.start();
    await run(t, { ...env, HTTP_PROXY: proxy.url, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.deepEqual(spanNames(sink), ['work']);
    assert.deepEqual([...proxy.forwarded, ...proxy.tunnels], []);
  });
}

test(
  'the start-up line names the status of a proxy that cannot reach the receiver',
  { timeout },
  async (t) => {
    await using proxy = await ForwardProxy.start({ targetPort: 1 });
    const env = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxy.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318',
    };
    const { stderr } = await run(t, { ...env, SONDE_EXIT_TIMEOUT: '300' });
    assert.match(stderr, /http:\/\/collector\.test:4318 \(unreachable: HTTP 502\)/);
    assert.match(stderr, /not exported: 1 span\n/);
  },
);

test('a proxy that does not answer does not keep the process alive', { timeout }, async (t) => {
  await using proxy = await ForwardProxy.start({ answersTunnels: false });
  const env = {
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test:4318',
    OTEL_EXPORTER_OTLP_TIMEOUT: '0',
    SONDE_EXIT_TIMEOUT: '300',
  };
  // The program waits for nothing but the end of its event loop.
  const { stderr } = await run(t, env, '');
  assert.match(stderr, /collector\.test:4318 \(unreachable: /);
  assert.match(stderr, /not exported: 1 span\n/);
  assert.ok(proxy.tunnels.length >= 2, 'the probe and the export');
});

/** A TLS server in front of a receiver, and the file of its certificate. */
async function tlsFront(
  t: TestContext,
  sink: OtlpSink,
  { key, cert }: Identity,
): Promise<{ port: number; certificate: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-proxy-'));
  const certificate = join(folder, 'ca.pem');
  await writeFile(certificate, cert);
  const server = createServer({ key, cert }, (socket) => {
    const upstream = connect(Number(new URL(sink.url).port), '127.0.0.1');
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  // A probe closes the connection in the middle of the handshake.
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { port: (server.address() as AddressInfo).port, certificate };
}
