import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { NoticeBoard } from '@sonde/sdk';

import { type CallFailure, GrpcReceiver } from '@sonde/test-support/grpc-receiver';
import { selfSigned } from '../../testing/self-signed.ts';
import type { OtlpOptions } from '../options.ts';
import type { SendOutcome } from '../queue/transport.ts';
import { OtlpExportError } from './export-error.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { resolveGrpcSettings } from './settings.ts';

const body = Buffer.from([0x0a, 0]);

/** Creates a transport of spans that is closed after the test. */
function createTransport(t: TestContext, options: OtlpOptions): GrpcTransport {
  const settings = resolveGrpcSettings('traces', options, new NoticeBoard());
  const transport = new GrpcTransport({ signal: 'traces', settings, unref: false });
  t.after(() => transport.close());
  return transport;
}

interface Attempt {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly bytes?: Buffer;
}

function send(
  transport: GrpcTransport,
  { signal = new AbortController().signal, timeoutMs = 10_000, bytes = body }: Attempt = {},
): Promise<SendOutcome> {
  const { endpoint } = transport;
  return transport.send(
    { signal: 'traces', endpoint, body: bytes, itemCount: 1 },
    { abortSignal: signal, timeoutMs },
  );
}

const acceptedOutcome = { status: 'accepted', rejectedCount: 0, message: '' };

test('calls the Export method with the bytes, the metadata and the user agent', async (t) => {
  await using receiver = await GrpcReceiver.start();
  const headers = { 'X-Tenant': 'a', 'x-key-bin': Buffer.from([1, 2, 255]).toString('base64') };
  const transport = createTransport(t, { url: receiver.url, headers });
  assert.deepEqual(await send(transport), acceptedOutcome);
  const [call] = receiver.arrived;
  assert.equal(call?.method, '/opentelemetry.proto.collector.trace.v1.TraceService/Export');
  assert.deepEqual(call.body, body);
  assert.deepEqual(call.metadata.get('x-tenant'), ['a']);
  assert.deepEqual(call.metadata.get('x-key-bin'), [Buffer.from([1, 2, 255])]);
  assert.match(String(call.metadata.get('user-agent')[0]), /^Sonde-OTLP-Exporter-JavaScript\//);
  assert.equal(transport.origin, receiver.url);
});

test('compresses requests', async (t) => {
  await using receiver = await GrpcReceiver.start();
  const bytes = Buffer.alloc(10_000, 'a');
  const transport = createTransport(t, { url: receiver.url, compression: 'gzip' });
  assert.deepEqual(await send(transport, { bytes }), acceptedOutcome);
  assert.deepEqual(receiver.arrived[0]?.body, bytes);
});

test('reads a partial success', async (t) => {
  const partial = Buffer.from([0x0a, 7, 0x08, 2, 0x12, 3, ...Buffer.from('old')]);
  await using receiver = await GrpcReceiver.start(() => partial);
  const outcome = await send(createTransport(t, { url: receiver.url }));
  assert.deepEqual(outcome, { status: 'accepted', rejectedCount: 2, message: 'old' });
});

for (const [name, expected] of [
  ['CANCELLED', 'retryable'],
  ['UNKNOWN', 'permanent'],
  ['INVALID_ARGUMENT', 'permanent'],
  ['DEADLINE_EXCEEDED', 'retryable'],
  ['NOT_FOUND', 'permanent'],
  ['ALREADY_EXISTS', 'permanent'],
  ['PERMISSION_DENIED', 'unauthorized'],
  ['RESOURCE_EXHAUSTED', 'permanent'],
  ['FAILED_PRECONDITION', 'permanent'],
  ['ABORTED', 'retryable'],
  ['OUT_OF_RANGE', 'retryable'],
  ['UNIMPLEMENTED', 'permanent'],
  ['INTERNAL', 'permanent'],
  ['UNAVAILABLE', 'retryable'],
  ['DATA_LOSS', 'retryable'],
  ['UNAUTHENTICATED', 'unauthorized'],
] as const) {
  test(`the status ${name} is ${expected}`, async (t) => {
    await using receiver = await GrpcReceiver.start(() => ({ code: status[name], details: 'no\nspace' }));
    const outcome = await send(createTransport(t, { url: receiver.url }));
    assert.equal(outcome.status, expected === 'unauthorized' ? 'retryable' : expected);
    assert.ok('error' in outcome);
    assert.equal(outcome.error.code, 'SONDE_OTLP_REFUSED');
    assert.equal(outcome.error.message, `gRPC ${name}: no\\nspace`);
    if (outcome.status === 'retryable')
      assert.equal(outcome.isUnauthorized, expected === 'unauthorized' || undefined);
  });
}

/** A `google.rpc.Status` with a RetryInfo whose delay is 2.5 s. */
function retryInfo(): Buffer {
  const duration = Buffer.from([0x08, 2, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
  const info = Buffer.from([0x0a, duration.length, ...duration]);
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = Buffer.from([0x0a, type.length, ...type, 0x12, info.length, ...info]);
  return Buffer.from([0x08, 8, 0x1a, any.length, ...any]);
}

for (const name of ['RESOURCE_EXHAUSTED', 'UNAVAILABLE'] as const) {
  test(`the status ${name} with RetryInfo is retryable after its delay`, async (t) => {
    const failure: CallFailure = { code: status[name], statusDetails: retryInfo() };
    await using receiver = await GrpcReceiver.start(() => failure);
    const outcome = await send(createTransport(t, { url: receiver.url }));
    assert.ok(outcome.status === 'retryable');
    assert.equal(outcome.retryAfterMs, 2500);
  });
}

test('malformed status details are ignored', async (t) => {
  const failure = { code: status.RESOURCE_EXHAUSTED, statusDetails: Buffer.from([0x1a, 0xff]) };
  await using receiver = await GrpcReceiver.start(() => failure);
  assert.equal((await send(createTransport(t, { url: receiver.url }))).status, 'permanent');
});

test('a request beyond the limit of the receiver is too large', async (t) => {
  await using receiver = await GrpcReceiver.start(undefined, { maxRequestBytes: 100 });
  const outcome = await send(createTransport(t, { url: receiver.url }), { bytes: Buffer.alloc(101) });
  assert.equal(outcome.status, 'too-large');
});

for (const [server, code, details] of [
  ['Go', status.RESOURCE_EXHAUSTED, 'grpc: received message larger than max (5000000 vs. 4194304)'],
  [
    'Go, compressed',
    status.RESOURCE_EXHAUSTED,
    'grpc: received message after decompression larger than max 4194304',
  ],
  ['Java', status.RESOURCE_EXHAUSTED, 'gRPC message exceeds maximum size 4194304: 5000000'],
  ['.NET', status.RESOURCE_EXHAUSTED, 'Received message exceeds the maximum configured message size.'],
  [
    'Rust',
    status.OUT_OF_RANGE,
    'Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes',
  ],
] as const) {
  test(`a message that is too large in the words of ${server}`, async (t) => {
    await using receiver = await GrpcReceiver.start(() => ({ code, details }));
    assert.equal((await send(createTransport(t, { url: receiver.url }))).status, 'too-large');
  });
}

test('a response beyond 4 MiB counts by its status', async (t) => {
  await using receiver = await GrpcReceiver.start(() => Buffer.alloc(4 * 1024 * 1024 + 1));
  assert.deepEqual(await send(createTransport(t, { url: receiver.url })), acceptedOutcome);
});

test('an attempt without a connection is retryable, and names the error', async (t) => {
  const transport = createTransport(t, { url: 'http://127.0.0.1:1' });
  for (let round = 0; round < 2; round++) {
    const outcome = await send(transport);
    assert.ok(outcome.status === 'retryable');
    assert.equal(outcome.error.code, 'SONDE_OTLP_CONNECTION');
    assert.equal(outcome.error.message, 'connect ECONNREFUSED 127.0.0.1:1');
    assert.equal((outcome.error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  }
});

test('a name that does not resolve is retryable', async (t) => {
  const outcome = await send(createTransport(t, { url: 'http://collector.invalid:4317' }));
  assert.ok(outcome.status === 'retryable');
  assert.equal(outcome.error.code, 'SONDE_OTLP_CONNECTION');
});

test('an attempt after a failed one connects at once', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const transport = createTransport(t, { url: `http://127.0.0.1:${port}` });
  assert.equal((await send(transport)).status, 'retryable');
  await using receiver = await GrpcReceiver.start(undefined, { address: `127.0.0.1:${port}` });
  assert.deepEqual(await send(transport), acceptedOutcome);
  assert.equal(receiver.arrived.length, 1);
});

test('an attempt ends after its timeout, and the next one has a new connection', async (t) => {
  await using receiver = await GrpcReceiver.start((count) => (count === 1 ? undefined : Buffer.alloc(0)));
  const transport = createTransport(t, { url: receiver.url });
  const outcome = await send(transport, { timeoutMs: 200 });
  assert.ok(outcome.status === 'retryable');
  assert.equal(outcome.error.code, 'SONDE_OTLP_TIMEOUT');
  assert.deepEqual(await send(transport), acceptedOutcome);
});

test('an abort ends the attempt with its reason', async (t) => {
  await using receiver = await GrpcReceiver.start(() => undefined);
  const transport = createTransport(t, { url: receiver.url });
  const controller = new AbortController();
  const sent = send(transport, { signal: controller.signal });
  await receiver.received(1);
  const reason = new OtlpExportError('SONDE_OTLP_ABORTED', 'stop');
  controller.abort(reason);
  assert.deepEqual(await sent, { status: 'retryable', error: reason });
  assert.deepEqual(await send(transport, { signal: controller.signal }), {
    status: 'retryable',
    error: reason,
  });
});

test('concurrent attempts share a connection; the failure of one leaves the others', async (t) => {
  await using receiver = await GrpcReceiver.start((count) =>
    count === 2 ? { code: status.UNAVAILABLE, details: 'busy' } : Buffer.alloc(0),
  );
  const transport = createTransport(t, { url: receiver.url });
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => send(transport)));
  assert.deepEqual(outcomes.map((outcome) => outcome.status).toSorted(), [
    'accepted',
    'accepted',
    'accepted',
    'retryable',
  ]);
});

suite('targets', () => {
  test('a DNS name of gRPC', async (t) => {
    await using receiver = await GrpcReceiver.start();
    process.env['OTEL_EXPORTER_OTLP_INSECURE'] = 'true';
    t.after(() => delete process.env['OTEL_EXPORTER_OTLP_INSECURE']);
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `dns:///localhost:${receiver.port}`;
    t.after(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT']);
    const transport = createTransport(t, {});
    assert.deepEqual(await send(transport), acceptedOutcome);
    assert.equal(transport.origin, `dns:///localhost:${receiver.port}`);
  });

  test('a Unix socket', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sonde-grpc-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'socket');
    await using receiver = await GrpcReceiver.start(undefined, { address: `unix:${path}` });
    for (const url of [`unix://${path}`, `unix:${path}`]) {
      assert.deepEqual(await send(createTransport(t, { url })), acceptedOutcome);
    }
    assert.equal(receiver.arrived.length, 2);
  });

  test('TLS with a client certificate', async (t) => {
    const server = selfSigned('localhost');
    const client = selfSigned('client');
    const pair = { private_key: server.key, cert_chain: server.cert };
    const credentials = ServerCredentials.createSsl(client.cert, [pair], true);
    await using receiver = await GrpcReceiver.start(undefined, { credentials });
    const url = `https://localhost:${receiver.port}`;
    const tls = { ca: server.cert.toString(), cert: client.cert.toString(), key: client.key.toString() };
    assert.deepEqual(await send(createTransport(t, { url, tls })), acceptedOutcome);
    // The error names the untrusted authority.
    const outcome = await send(createTransport(t, { url }));
    assert.ok(outcome.status === 'retryable');
    assert.match(outcome.error.message, /self-signed certificate/);
  });
});
