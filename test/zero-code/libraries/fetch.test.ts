import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { kinds } from '../../packaging/loading.ts';
import type { OtlpSink, Received } from '../../support/otlp-sink.ts';
import { versionsUnderTest } from '../support/node-under-test.ts';
import {
  exceptionMessages,
  histogramPoints,
  type LibraryProgram,
  runLibraryProgram,
  serverSpans,
  spansFrom,
} from './support/library-program.ts';

const timeout = 120_000;

/** A server that reports the trace headers it receives, and clients for it. */
const program: Pick<LibraryProgram, 'dependencies' | 'uses'> = {
  dependencies: ['undici'],
  uses: {
    'node:http': '{ createServer }',
    'node:crypto': '{ createHash }',
    'node:events': '{ once }',
    '@opentelemetry/api': '{ context, propagation, trace }',
    undici: '{ request as undiciRequest }',
  },
};

const withServer = (body: string): string => `
    const server = createServer((request, response) => {
      const { rawHeaders, url } = request;
      if (url.startsWith('/breaks')) {
        response.writeHead(200, { 'content-length': 100 });
        response.write('begun', () => response.destroy());
      } else if (!url.startsWith('/never')) {
        const count = rawHeaders.filter((name, index) => index % 2 === 0 && /^traceparent$/i.test(name)).length;
        response.end(String(count));
      }
    }).listen(0, '127.0.0.1');
    server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1')
        .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n'
        + 'Sec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
      socket.on('error', () => {}).on('data', () => socket.end());
    });
    await once(server, 'listening');
    const base = 'http://127.0.0.1:' + server.address().port;
    ${body}
    server.close();
    server.closeAllConnections();`;

async function run(
  t: TestContext,
  body: string,
  where: Pick<LibraryProgram, 'kind' | 'node'> = { kind: 'mjs' },
): Promise<{ sink: OtlpSink; output: string } | undefined> {
  // CommonJS has no "as" in a destructuring.
  const uses =
    where.kind === 'cjs' ? { ...program.uses, undici: '{ request: undiciRequest }' } : program.uses;
  return runLibraryProgram(t, {
    ...program,
    ...where,
    uses,
    generation: 'newest',
    body: withServer(body),
  });
}

const clients = (sink: OtlpSink): Received[] => spansFrom(sink, 'undici');

suite('fetch and undici', { timeout: 10 * timeout }, () => {
  for (const node of versionsUnderTest) {
    for (const kind of kinds) {
      test(
        `a trace context that the application sets too is sent once, as ${kind} on Node ${node}`,
        { timeout },
        async (t) => {
          const seen = await run(
            t,
            `
    await trace.getTracer('app').startActiveSpan('work', async (span) => {
      const carrier = {};
      propagation.inject(context.active(), carrier);
      const upper = { Traceparent: carrier.traceparent };
      for (const headers of [carrier, upper, new Headers(carrier), Object.entries(carrier)]) {
        console.log(await (await fetch(base, { headers })).text());
      }
      console.log(await (await undiciRequest(base, { headers: carrier })).body.text());
      span.end();
    });`,
            { kind, node },
          );
          if (seen === undefined) return;
          const { output, sink } = seen;
          assert.match(output, /^1\n1\n1\n1\n1\n/);
          assert.equal(new Set(sink.spans.map(({ traceId }) => traceId)).size, 1, output);
          // Each request continues the trace of its client span.
          assert.equal(clients(sink).length, 5);
          const parents = serverSpans(sink).map(({ raw }) =>
            Buffer.from(raw['parentSpanId'] as Uint8Array).toString('hex'),
          );
          assert.deepEqual(
            parents.toSorted(),
            clients(sink)
              .map(({ spanId }) => spanId)
              .toSorted(),
          );
        },
      );

      test(`a WebSocket has one span, which ends, as ${kind} on Node ${node}`, { timeout }, async (t) => {
        const seen = await run(
          t,
          `
    const socket = new WebSocket(base.replace('http', 'ws') + '/socket');
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.close();`,
          { kind, node },
        );
        if (seen === undefined) return;
        const [span, ...others] = clients(seen.sink);
        assert.deepEqual(others, []);
        assert.equal(span?.attributes['http.response.status_code'], 101);
        assert.equal(span.attributes['sonde.unfinished'], undefined);
      });
    }
  }

  test('a request has the attributes of the semantic conventions', { timeout }, async (t) => {
    const seen = await run(
      t,
      `await (await fetch(base + '/a?b=1')).text();
    await (await fetch(base + '/?')).text();
    await (await undiciRequest(base, { method: 'PURGE' })).body.text();`,
    );
    if (seen === undefined) return;
    const [first, second, third] = clients(seen.sink);
    const port = Number(first?.attributes['server.port']);
    const {
      'network.peer.port': peerPort,
      'user_agent.original': agent,
      ...attributes
    } = first?.attributes ?? {};
    assert.equal(peerPort, port);
    assert.equal(agent, 'node');
    assert.deepEqual(attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'server.address': '127.0.0.1',
      'server.port': port,
      'url.full': `http://127.0.0.1:${port}/a?b=1`,
      'url.path': '/a',
      'url.query': 'b=1',
      'url.scheme': 'http',
    });
    assert.equal(second?.attributes['url.query'], undefined);
    assert.equal(third?.name, 'HTTP');
    assert.equal(third.attributes['http.request.method'], '_OTHER');
    assert.equal(third.attributes['http.request.method_original'], 'PURGE');
  });

  test(
    'a request that fails has the type of its error as text, on its span and its metric',
    { timeout },
    async (t) => {
      const seen = await run(
        t,
        `await fetch(base + '/never', { signal: AbortSignal.timeout(50) }).catch(() => {});
    await (await fetch(base + '/breaks')).text().catch(() => {});
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address();
    await new Promise((resolve) => gone.close(resolve));
    await fetch('http://127.0.0.1:' + port).catch(() => {});`,
      );
      if (seen === undefined) return;
      const rows = clients(seen.sink).map(({ attributes, ...span }) => {
        const { length } = exceptionMessages({ attributes, ...span });
        return [
          attributes['url.path'],
          attributes['http.response.status_code'],
          attributes['error.type'],
          length,
        ];
      });
      assert.deepEqual(rows, [
        ['/never', undefined, 'TimeoutError', 1],
        ['/breaks', 200, 'UND_ERR_SOCKET', 1],
        ['/', undefined, 'ECONNREFUSED', 1],
      ]);
      const types = histogramPoints(seen.sink, 'http.client.request.duration').map(
        ({ attributes }) => attributes['error.type'],
      );
      assert.deepEqual(new Set(types), new Set(['TimeoutError', 'UND_ERR_SOCKET', 'ECONNREFUSED']));
    },
  );

  test('a request that the application cancels is no error', { timeout }, async (t) => {
    const seen = await run(
      t,
      `const canceled = new AbortController();
    const answer = fetch(base + '/never', { signal: canceled.signal }).catch(() => {});
    await once(server, 'request');
    canceled.abort();
    await answer;`,
    );
    if (seen === undefined) return;
    const [span] = clients(seen.sink);
    assert.equal(span?.attributes['error.type'], undefined);
    assert.deepEqual(exceptionMessages(span as Received), []);
  });
});
