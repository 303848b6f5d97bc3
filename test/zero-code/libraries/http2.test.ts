import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { kinds } from '../../packaging/loading.ts';
import { needs } from '../../support/needs.ts';
import type { OtlpSink, Received } from '../../support/otlp-sink.ts';
import { versionsUnderTest } from '../support/node-under-test.ts';
import { selfSigned } from '../support/tls.ts';
import {
  histogramPoints,
  parentId,
  runLibraryProgram,
  serverSpans,
  spansFrom,
} from './support/library-program.ts';

const timeout = 120_000;

/** Both APIs of servers, with clients that wait for an answer and that do not. */
const http2 = {
  dependencies: [],
  uses: {
    'node:http2': 'http2',
    'node:https': 'https',
    'node:events': '{ once }',
    '@opentelemetry/api': '{ trace }',
  },
  body: `
    const tracer = trace.getTracer('app');
    const server = http2.createServer((request, response) => {
      if (request.url === '/broken') return response.stream.destroy(new TypeError('broken'));
      if (request.url === '/silent') return void request.stream.emit('asked');
      trace.getActiveSpan().setAttribute('http.route', '/users/:id');
      request.on('data', () => {}).on('end', () => {
        tracer.startSpan('body').end();
        response.statusCode = request.url.includes('missing') ? 404 : 200;
        response.end('ok');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = http2.connect('http://127.0.0.1:' + server.address().port);
    const send = async (headers, cancel) => {
      const stream = session.request(headers);
      if (cancel) server.once('stream', () => stream.close(http2.constants.NGHTTP2_CANCEL));
      stream.on('error', () => {}).resume();
      if (headers[':method'] === 'POST') stream.end('body');
      await new Promise((resolve) => stream.on('close', resolve));
    };
    await tracer.startActiveSpan('work', async (span) => {
      await send({ ':method': 'POST', ':path': '/users/1?secret=value' });
      await send({ ':path': '/users/missing', traceparent: 'set by hand' });
      await send({ ':path': '/broken' });
      await send({ ':path': '/silent' }, true);
      span.end();
    });
    session.close();
    server.close();

    const secure = http2.createSecureServer({ key: process.env.KEY, cert: process.env.CERT, allowHTTP1: true });
    secure.on('stream', (stream) => {
      if (stream.session.alpnProtocol !== 'h2') return;
      trace.getActiveSpan().setAttribute('http.route', '/stream');
      stream.respond({ ':status': 500 });
      stream.end();
    });
    secure.on('request', (request, response) => {
      if (request.httpVersionMajor === 1) response.end();
    });
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const address = { host: '127.0.0.1', port: secure.address().port, ca: process.env.CERT, servername: 'localhost' };
    const [response] = await once(https.get({ ...address, path: '/old', agent: false }), 'response');
    response.resume();
    await once(response, 'end');
    const other = http2.connect('https://localhost:' + address.port, address);
    const stream = other.request({ ':path': '/new' }).resume();
    await once(stream, 'close');
    other.close();
    secure.close();`,
};

/** Every kind of call, with a default import. */
const grpc = {
  dependencies: ['@grpc/grpc-js'],
  uses: { '@grpc/grpc-js': 'grpc', '@opentelemetry/api': '{ trace }' },
  body: `
    const tracer = trace.getTracer('app');
    const write = (value) => Buffer.from(JSON.stringify(value));
    const method = (name, requestStream, responseStream) => ({
      path: '/shop.Orders/' + name, requestStream, responseStream,
      requestSerialize: write, responseSerialize: write, requestDeserialize: JSON.parse, responseDeserialize: JSON.parse,
    });
    const served = {
      get: method('Get', false, false), fail: method('Fail', false, false), wait: method('Wait', false, false),
      list: method('List', false, true), chat: method('Chat', true, true), collect: method('Collect', true, false),
    };
    const server = new grpc.Server();
    server.addService(served, {
      get: ({ request }, done) => { tracer.startSpan('handler').end(); done(null, request); },
      fail: (call, done) => done({ code: grpc.status.INTERNAL, details: 'secret' }),
      wait: () => {},
      list: (call) => { call.write(1); call.end(); },
      chat: (call) => call.on('data', (data) => call.write(data)).on('end', () => call.end()),
      collect: (call, done) => call.on('data', () => {}).on('end', () => done(null, 1)),
    });
    const port = await new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    const Orders = grpc.makeGenericClientConstructor({ ...served, unknown: method('Unknown', false, false) }, 'Orders');
    const client = new Orders('127.0.0.1:' + port, grpc.credentials.createInsecure());
    const call = (name, options = {}) => new Promise((resolve) => client[name]('secret', options, resolve));
    // Both wait for the connection, which belongs to the first.
    await Promise.all(['first', 'second'].map((name) => tracer.startActiveSpan(name, async (span) => {
      await call('get');
      span.end();
    })));
    await call('fail');
    await call('unknown');
    await call('wait', { deadline: Date.now() + 300 });
    await new Promise((resolve) => client.list(1).on('data', () => {}).on('end', resolve));
    await new Promise((resolve) => {
      const chat = client.chat();
      chat.on('data', () => chat.end()).on('end', resolve);
      chat.write(1);
    });
    await new Promise((resolve) => {
      const collected = client.collect(resolve);
      collected.write(1);
      collected.end();
    });
    client.close();
    server.forceShutdown();`,
};

const clientSpans = ({ spans }: OtlpSink): Received[] => spans.filter(({ raw }) => raw['kind'] === 3);

const toRow = ({ attributes, name }: Received): unknown[] => [
  name,
  attributes['http.response.status_code'],
  attributes['error.type'],
  attributes['network.protocol.version'],
];

const byName = ({ name: a }: Received, { name: b }: Received): number => (a < b ? -1 : 1);

const callRow = ({ attributes, name }: Received): unknown[] => [
  name,
  attributes['rpc.status_code'],
  attributes['error.type'],
];

async function checkHttp2(
  t: TestContext,
  version: string,
  kind: 'cjs' | 'mjs',
  isBundled: boolean,
): Promise<void> {
  const identity = await selfSigned();
  if (identity === undefined) return needs(t, 'openssl is not installed');
  const program = { ...http2, generation: 'newest', kind, node: version, isBundled } as const;
  const seen = await runLibraryProgram(t, program, { KEY: identity.key, CERT: identity.cert });
  if (seen === undefined) return undefined;
  const { output, sink } = seen;
  assert.deepEqual(
    serverSpans(sink).map(toRow),
    [
      ['POST /users/:id', 200, undefined, '2'],
      ['GET /users/:id', 404, undefined, '2'],
      ['GET', undefined, 'TypeError', '2'],
      ['GET', undefined, 'client_disconnect', '2'],
      ['GET', 200, undefined, '1.1'],
      ['GET /stream', 500, '500', '2'],
    ],
    output,
  );
  const clients = spansFrom(sink, 'http2');
  assert.deepEqual(
    clients.map(toRow),
    [
      ['POST', 200, undefined, '2'],
      ['GET', 404, '404', '2'],
      ['GET', undefined, 'ERR_HTTP2_STREAM_ERROR', '2'],
      ['GET', undefined, undefined, '2'],
      ['GET', 500, '500', '2'],
    ],
    output,
  );
  const work = sink.spans.find(({ name }) => name === 'work');
  const parents = serverSpans(sink).map(parentId);
  for (const [index, { spanId, traceId }] of clients.slice(0, 4).entries()) {
    assert.equal(parents[index], spanId);
    assert.equal(traceId, work?.traceId);
  }
  const bodies = sink.spans.filter(({ name }) => name === 'body').map(parentId);
  assert.deepEqual(
    bodies,
    serverSpans(sink)
      .slice(0, 2)
      .map(({ spanId }) => spanId),
  );
  for (const name of ['http.server.request.duration', 'http.client.request.duration']) {
    const count = histogramPoints(sink, name).reduce((sum, point) => sum + point.count, 0);
    assert.equal(count, 6, name);
  }
}

suite('HTTP/2 and gRPC', { timeout: 12 * timeout }, () => {
  for (const kind of kinds) {
    for (const version of versionsUnderTest) {
      test(`HTTP/2 as ${kind} on Node ${version}: servers and clients`, { timeout }, (t) =>
        checkHttp2(t, version, kind, false),
      );
    }
  }
  test('HTTP/2 in a bundle: servers and clients', { timeout }, (t) =>
    checkHttp2(t, process.versions.node, 'cjs', true),
  );

  const grpcPrograms = [
    ...kinds.map((kind) => ({ title: `as ${kind}`, kind })),
    { title: 'in a bundle with the plug-in', kind: 'cjs', isBundled: 'with the plug-in' },
  ] as const;
  for (const { title, ...program } of grpcPrograms) {
    test(`gRPC ${title}: servers and clients`, { timeout }, async (t) => {
      const seen = await runLibraryProgram(t, { ...grpc, generation: 'newest', ...program });
      if (seen === undefined) return;
      const { output, sink } = seen;
      const expected = [
        ['shop.Orders/Chat', 'OK', undefined],
        ['shop.Orders/Collect', 'OK', undefined],
        ['shop.Orders/Fail', 'INTERNAL', 'INTERNAL'],
        ['shop.Orders/Get', 'OK', undefined],
        ['shop.Orders/Get', 'OK', undefined],
        ['shop.Orders/List', 'OK', undefined],
        ['shop.Orders/Unknown', 'UNIMPLEMENTED', 'UNIMPLEMENTED'],
        ['shop.Orders/Wait', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
      ];
      assert.deepEqual(clientSpans(sink).toSorted(byName).map(callRow), expected, output);
      const servers = serverSpans(sink).toSorted(byName).map(callRow);
      // Clients can send any name: one that does not exist is not a name of a span.
      const named = servers.filter(([name]) => name !== '_OTHER' && name !== 'shop.Orders/Wait');
      assert.deepEqual(
        named,
        expected.filter(([name]) => !/Unknown|Wait/.test(String(name))),
        output,
      );
      assert.deepEqual(servers[0], ['_OTHER', 'UNIMPLEMENTED', 'UNIMPLEMENTED'], output);
      assert.equal(servers.length, expected.length, output);
      const clients = new Map(clientSpans(sink).map((span) => [span.spanId, span]));
      for (const span of serverSpans(sink)) assert.ok(clients.has(parentId(span)), span.name);
      const callers = new Map(sink.spans.map(({ name, spanId }) => [spanId, name]));
      const gets = clientSpans(sink).filter(({ name }) => name === 'shop.Orders/Get');
      assert.deepEqual(
        new Set(gets.map((span) => callers.get(parentId(span)))),
        new Set(['first', 'second']),
      );
      for (const name of ['rpc.server.call.duration', 'rpc.client.call.duration']) {
        const count = histogramPoints(sink, name).reduce((sum, point) => sum + point.count, 0);
        assert.equal(count, expected.length, name);
      }
      assert.doesNotMatch(JSON.stringify(sink.spans), /secret/);
    });
  }
});
