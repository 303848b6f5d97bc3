import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { codes, diagnose } from './projects.ts';

/** A receiver that has one path, and asks for credentials where a test wants it. */
const receiver: Server = createServer((request, response) => {
  const status = request.url?.startsWith('/secret/') === true ? 401 : 200;
  response.writeHead(/^(?:\/secret)?\/v1\/\w+$/.test(request.url ?? '') ? status : 404, {
    'content-type': 'application/x-protobuf',
  });
  response.end();
});
/** Speaks HTTP/2 alone, as gRPC does. */
const grpc = http2.createServer();
grpc.on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume();
  stream.end(Buffer.alloc(5));
});

async function listen(server: TcpServer): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const manifest = JSON.stringify({
  name: 'program',
  scripts: { start: 'node --require @sonde/otel/register app.cjs' },
});
const plain = { 'package.json': manifest, 'app.cjs': '' };
const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT';

suite('the doctor at an endpoint and in a run', { concurrency: 2 }, () => {
  let url = '';
  let grpcUrl = '';
  before(async () => {
    [url, grpcUrl] = await Promise.all([listen(receiver), listen(grpc)]);
  });
  after(() => {
    receiver.close();
    grpc.close();
  });

  test('the step that fails at an endpoint has its code', async (t) => {
    const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['SONDE_ENDPOINT_PATH', { [endpoint]: `${url}/v1/traces` }],
      ['SONDE_ENDPOINT_PATH', { [endpoint]: url, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }],
      ['SONDE_ENDPOINT_AUTHORIZATION', { [endpoint]: `${url}/secret` }],
      ['SONDE_ENDPOINT_PROTOCOL', { [endpoint]: grpcUrl }],
      ['SONDE_ENDPOINT_PROTOCOL', { [endpoint]: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
      ['SONDE_ENDPOINT_NAME', { [endpoint]: 'http://collector.invalid:4318' }],
    ];
    for (const [code, env] of cases) {
      const diagnosis = await diagnose(t, { name: code, files: plain, env });
      assert.deepEqual(codes(diagnosis), [code], JSON.stringify(diagnosis.findings, null, 1));
    }
    const { findings: twice } = await diagnose(t, {
      name: 'twice',
      files: plain,
      env: { [endpoint]: `${url}/v1/traces` },
    });
    assert.equal(twice[0]?.proof[0], `${endpoint}=${url}/v1/traces`);
    assert.equal(twice[0]?.fix, `${endpoint}=${url}`);
    const env = { [endpoint]: grpcUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const { findings } = await diagnose(t, { name: 'gRPC', files: plain, env });
    assert.deepEqual(findings, []);
  });

  test('a server is called, stopped, and its signals are compared', async (t) => {
    const app = `const express = require('express');
const { getLogger } = require('@sonde/otel');
const app = express();
app.get('/users/:id', (request, response) => {
  getLogger('shop').info('hello');
  response.end('x');
});
app.listen(0, '127.0.0.1');`;
    const diagnosis = await diagnose(t, {
      name: 'server',
      files: { ...plain, 'app.cjs': app },
      env: { [endpoint]: url },
      args: ['--request', '/users/42', '--', 'node', '--require', '@sonde/otel/register', 'app.cjs'],
    });
    assert.deepEqual(diagnosis.findings, []);
    assert.deepEqual(
      diagnosis.signals.map(({ works }) => works),
      [true, true, true],
    );
  });

  test('spans of another SDK that process.exit() loses are counted', async (t) => {
    const tracing = `const { NodeSDK } = require('@opentelemetry/sdk-node');
new NodeSDK({ instrumentations: [] }).start();`;
    const app = `require('@opentelemetry/api').trace.getTracer('x').startSpan('lost').end();
process.exit(0);`;
    const diagnosis = await diagnose(t, {
      name: 'exit',
      files: { ...plain, 'tracing.cjs': tracing, 'app.cjs': app },
      env: { [endpoint]: url },
      args: ['--', 'node', '--require', './tracing.cjs', 'app.cjs'],
    });
    assert.deepEqual(codes(diagnosis), ['SONDE_ENDED_EARLY'], JSON.stringify(diagnosis, null, 1));
    assert.match(diagnosis.findings[0]?.cause ?? '', /1 spans were recorded and 0 received/);
  });

  test('an unsampled parent, a failed export and a thread without an SDK are named', async (t) => {
    const unsampled = `const http = require('node:http');
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const server = http.createServer((request, response) => response.end('x')).listen(0, '127.0.0.1', () => {
  // Instrumentations do not see a bare socket, as a gateway would be.
  const socket = require('node:net').connect(server.address().port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\ntraceparent: ' + traceparent + '\\r\\n\\r\\n');
  socket.resume().on('close', () => server.close());
});`;
    const fixed = `const { NodeSDK } = require('@opentelemetry/sdk-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
module.exports = new NodeSDK({ instrumentations: [], traceExporter: new OTLPTraceExporter({ url: '${url}/elsewhere/v1/traces' }) });
module.exports.start();`;
    const sdk = `const sdk = require('./tracing.cjs');
require('@opentelemetry/api').trace.getTracer('x').startSpan('lost').end();
sdk.shutdown().catch(() => {});`;
    const worker = `const { isMainThread, Worker } = require('node:worker_threads');
if (isMainThread) new Worker(__filename);`;
    const register = ['--', 'node', '--require', '@sonde/otel/register', 'app.cjs'];
    const env = { [endpoint]: url };
    const run = async (app: string, args: readonly string[], files = {}): Promise<string[]> =>
      codes(
        await diagnose(t, {
          name: 'run',
          files: { ...plain, 'app.cjs': app, ...files },
          env,
          args,
        }),
      );
    assert.deepEqual(await run(unsampled, register), ['SONDE_PARENT_UNSAMPLED']);
    assert.deepEqual(await run(sdk, ['--', 'node', 'app.cjs'], { 'tracing.cjs': fixed }), [
      'SONDE_EXPORT_FAILED',
    ]);
    assert.deepEqual(await run(worker, register), ['SONDE_THREAD_UNSEEN']);
  });
});
