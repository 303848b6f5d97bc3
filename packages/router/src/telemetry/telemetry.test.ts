import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { createRouter, problem, type TrustProxyOptions } from '../index.ts';
import { Sdk } from '../testkit/sdk.ts';
import { ask, open } from '../testkit/wire.ts';

const sdk = new Sdk();
const remote = '0af7651916cd43dd8448eb211c80319c';

test('a request creates one SERVER span by the stable conventions', async () => {
  await using server = await createRouter()
    .get('/users/:id', () => 'ok')
    .listen();
  await fetch(`${server.url}/users/7?q=1&Signature=abc&access%5Ftoken=def`, {
    headers: { 'user-agent': 'test/1' },
  });
  const [span] = await sdk.spans();
  assert.equal(span?.name, 'GET /users/:id');
  assert.equal(span.kind, SpanKind.SERVER);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  const { 'network.peer.port': peerPort, ...attributes } = span.attributes;
  assert.equal(typeof peerPort, 'number');
  assert.deepEqual(attributes, {
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.route': '/users/:id',
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'url.path': '/users/7',
    'url.query': 'q=1&Signature=REDACTED&access%5Ftoken=REDACTED',
    'url.scheme': 'http',
    'user_agent.original': 'test/1',
  });
});

test('the duration has the route and the advised buckets, and active requests return to zero', async () => {
  await using server = await createRouter()
    .get('/duration/:id', () => 'ok')
    .listen();
  for (const id of [1, 2]) await fetch(`${server.url}/duration/${id}`);
  await fetch(`${server.url}/nowhere`);
  await sdk.spans(3);
  const points = await sdk.points('http.server.request.duration');
  assert.deepEqual(
    points.filter(({ attributes }) => attributes['http.route'] === '/duration/:id'),
    [
      {
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'http.route': '/duration/:id',
          'network.protocol.version': '1.1',
          'url.scheme': 'http',
        },
        value: 2,
      },
    ],
  );
  const missing = points.find(({ attributes }) => attributes['http.response.status_code'] === 404);
  assert.equal(missing?.attributes['http.route'], undefined);
  const active = await sdk.points('http.server.active_requests');
  assert.deepEqual(active, [
    { attributes: { 'http.request.method': 'GET', 'url.scheme': 'http' }, value: 0 },
  ]);
  const descriptor = await sdk.descriptor('http.server.request.duration');
  assert.partialDeepStrictEqual(descriptor, {
    unit: 's',
    advice: {
      explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    },
  });
});

test('an unknown error sets status ERROR and records one exception; a problem below 500 does neither', async (t) => {
  t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .get('/throw', () => {
      throw new TypeError('no');
    })
    .get('/client', () => {
      throw problem(404);
    })
    .get('/server', () => problem(503))
    .get('/text', () => {
      throw 'text';
    })
    .listen();
  const createSpan = async (path: string) => {
    await fetch(server.url + path);
    return (await sdk.spans())[0];
  };
  const thrown = await createSpan('/throw');
  assert.equal(thrown?.status.code, SpanStatusCode.ERROR);
  assert.equal(thrown.attributes['error.type'], 'TypeError');
  assert.equal(thrown.events.length, 1);
  assert.equal(thrown.events[0]?.attributes?.['exception.message'], 'no');
  const client = await createSpan('/client');
  assert.equal(client?.status.code, SpanStatusCode.UNSET);
  assert.equal(client.attributes['error.type'], undefined);
  assert.equal(client.events.length, 0);
  const failing = await createSpan('/server');
  assert.equal(failing?.status.code, SpanStatusCode.ERROR);
  assert.equal(failing.attributes['error.type'], '503');
  assert.equal((await createSpan('/text'))?.attributes['error.type'], '_OTHER');
});

test('an unknown method is _OTHER, the router’s own answers have no route', async () => {
  await using server = await createRouter()
    .on('PURGE', '/a', () => 'ok')
    .listen();
  await ask(server.port, 'PURGE /a');
  await ask(server.port, 'LINK /a');
  await ask(server.port, 'GET //');
  await ask(server.port, 'GET /a#b');
  const spans = await sdk.spans(4);
  assert.deepEqual(
    spans.map(({ name, attributes }) => [
      name,
      attributes['http.request.method'],
      attributes['http.response.status_code'],
    ]),
    [
      ['PURGE /a', 'PURGE', 200],
      ['HTTP', '_OTHER', 405],
      ['GET', 'GET', 404],
      ['GET', 'GET', 400],
    ],
  );
  assert.equal(spans[1]?.attributes['http.request.method_original'], 'LINK');
});

test('the remote parent and its baggage are used, and handlers run in the context of the span', async () => {
  await using server = await createRouter()
    .get('/', async function (c) {
      await c.text();
      const inner = trace.getTracer('test').startSpan('inner');
      inner.end();
      return propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    })
    .listen();
  const headers = { traceparent: `00-${remote}-b7ad6b7169203331-01`, baggage: 'tenant=acme' };
  assert.equal(await (await fetch(server.url, { headers })).text(), 'acme');
  const [inner, outer] = await sdk.spans(2);
  assert.equal(outer?.spanContext().traceId, remote);
  assert.equal(outer.parentSpanContext?.spanId, 'b7ad6b7169203331');
  assert.equal(inner?.parentSpanContext?.spanId, outer.spanContext().spanId);
});

test('streams, abort listeners and code after an await run in the context of the span', async () => {
  const seen: (string | undefined)[] = [];
  const note = (): number => seen.push(trace.getActiveSpan()?.spanContext().traceId);
  const aborted = Promise.withResolvers<void>();
  await using server = await createRouter()
    .get('/', async function* (c) {
      c.signal.addEventListener('abort', () => {
        note();
        aborted.resolve();
      });
      for (;;) {
        note();
        yield 'x'.repeat(65_536);
      }
    })
    .listen();
  const request = get(server.url, { headers: { traceparent: `00-${remote}-b7ad6b7169203331-01` } });
  const [response] = await once(request, 'response');
  response.on('error', () => {});
  response.on('data', () => seen.length > 50 && request.destroy());
  await aborted.promise;
  await sdk.spans();
  assert.ok(seen.length > 50);
  assert.deepEqual([...new Set(seen)], [remote]);
});

test('a disconnected client is error.type client_disconnect, without a status code that was not sent', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  await using server = await createRouter()
    .get('/waiting', (c) => {
      reach();
      return once(c.signal, 'abort').then(() => 'too late');
    })
    .get('/streaming', async function* () {
      for (;;) yield 'x'.repeat(65_536);
    })
    .listen();
  const socket = await open(server.port);
  socket.write('GET /waiting HTTP/1.1\r\nHost: t\r\n\r\n');
  await reached;
  socket.destroy();
  const [waiting] = await sdk.spans();
  assert.equal(waiting?.attributes['error.type'], 'client_disconnect');
  assert.equal(waiting.attributes['http.response.status_code'], undefined);
  assert.equal(waiting.status.code, SpanStatusCode.ERROR);
  const reader = await open(server.port);
  reader.write('GET /streaming HTTP/1.1\r\nHost: t\r\n\r\n');
  await once(reader, 'data');
  reader.destroy();
  const [streaming] = await sdk.spans();
  assert.equal(streaming?.attributes['error.type'], 'client_disconnect');
  const points = await sdk.points('http.server.request.duration');
  const routes = new Set<unknown>(['/waiting', '/streaming']);
  const gone = points.filter(({ attributes }) => routes.has(attributes['http.route']));
  assert.deepEqual(
    gone.map(({ attributes }) => attributes['error.type']),
    ['client_disconnect', 'client_disconnect'],
  );
});

test('an error thrown in mid-stream is recorded as that error, not as a disconnect', async (t) => {
  t.mock.method(console, 'error', () => {});
  await using server = await createRouter()
    .get('/', async function* () {
      yield 'a';
      throw new RangeError('no');
    })
    .listen();
  await assert.rejects(async () => (await fetch(server.url)).text());
  const [span] = await sdk.spans();
  assert.equal(span?.attributes['error.type'], 'RangeError');
  assert.equal(span.events.length, 1);
});

test('a route without telemetry has no span, no duration, and starts no trace of its own', async () => {
  await using server = await createRouter()
    .get('/healthz', { telemetry: false }, () => String(trace.getTracer('test').startSpan('x').isRecording()))
    .get('/', () => 'ok')
    .listen();
  assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'false');
  await fetch(server.url);
  const spans = await sdk.spans();
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['GET /'],
  );
  const points = await sdk.points('http.server.request.duration');
  assert.equal(
    points.find(({ attributes }) => attributes['http.route'] === '/healthz'),
    undefined,
  );
});

test('fetch is measured like a server, until the end of the stream', async () => {
  const app = createRouter().get('/fetch/:how', async function* () {
    yield 'a';
    yield 'b';
  });
  await (await app.fetch(new Request('https://example.com/fetch/whole'))).text();
  const [whole] = await sdk.spans();
  assert.equal(whole?.attributes['url.scheme'], 'https');
  assert.equal(whole.attributes['server.address'], 'example.com');
  assert.equal(whole.attributes['server.port'], 443);
  assert.equal(whole.attributes['error.type'], undefined);
  const reader = (await app.fetch(new Request('https://example.com/fetch/part'))).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  const [part] = await sdk.spans();
  assert.equal(part?.attributes['error.type'], 'client_disconnect');
});

test('forwarded fields are used only with trustProxy, and only those of the trusted proxy', async () => {
  const headers = {
    forwarded: 'for=6.6.6.6;proto=http, for="[2001:db8::1]:99";proto=https;host="shop.example:8443"',
  };
  const attributesWith = async (trustProxy: false | TrustProxyOptions) => {
    await using server = await createRouter({ trustProxy })
      .get('/', (c) => c.url.origin)
      .listen();
    const origin = await (await fetch(server.url, { headers })).text();
    const [span] = await sdk.spans();
    return [
      origin,
      span?.attributes['client.address'],
      span?.attributes['url.scheme'],
      span?.attributes['server.port'],
    ];
  };
  const proxy = { header: 'forwarded' } as const;
  assert.deepEqual(await attributesWith(proxy), ['https://shop.example:8443', '2001:db8::1', 'https', 8443]);
  const [origin, client, scheme] = await attributesWith(false);
  assert.match(String(origin), /^http:\/\/127/);
  assert.deepEqual([client, scheme], ['127.0.0.1', 'http']);
});

test('x-forwarded fields are read from the end, by the number of trusted proxies', async () => {
  const headers = { 'x-forwarded-for': '6.6.6.6, 192.0.2.7, 10.0.0.1', 'x-forwarded-proto': 'https' };
  await using server = await createRouter({ trustProxy: 2 })
    .get('/', () => 'ok')
    .listen();
  await fetch(server.url, { headers });
  const [span] = await sdk.spans();
  assert.equal(span?.attributes['client.address'], '192.0.2.7');
  assert.equal(span.attributes['url.scheme'], 'https');
});

test('body sizes, more redaction and server-timing are options', async () => {
  await using server = await createRouter({
    telemetry: { bodySizes: true, serverTiming: true, redactQuery: ['Card'] },
  })
    .post('/sizes', async (c) => (await c.text()) + '!')
    .listen();
  const response = await fetch(`${server.url}/sizes?card=1`, { method: 'POST', body: 'four' });
  const [span] = await sdk.spans();
  const { traceId, spanId } = span?.spanContext() ?? {};
  assert.equal(response.headers.get('server-timing'), `traceparent;desc="00-${traceId}-${spanId}-01"`);
  assert.equal(span?.attributes['http.request.body.size'], 4);
  assert.equal(span.attributes['http.response.body.size'], 5);
  assert.equal(span.attributes['url.query'], 'card=REDACTED');
  for (const side of ['request', 'response']) {
    const [point] = await sdk.points(`http.server.${side}.body.size`);
    assert.equal(point?.attributes['http.route'], '/sizes');
    assert.equal(point.value, 1);
  }
});

test('telemetry: false makes nothing', async () => {
  await using silent = await createRouter({ telemetry: false })
    .get('/silent', () => String(trace.getActiveSpan() === undefined))
    .listen();
  assert.equal(await (await fetch(`${silent.url}/silent`)).text(), 'true');
  await createRouter()
    .get('/', () => context.active() && 'ok')
    .fetch(new Request('http://test/'));
  assert.equal((await sdk.spans()).length, 1);
});

test('an error whose name is empty or throws leaves neither a request active nor a span open', async (t) => {
  t.mock.method(console, 'error', () => {});
  const active = async (): Promise<number> =>
    (await sdk.points('http.server.active_requests')).reduce((sum, { value }) => sum + value, 0);
  const before = await active();
  const app = createRouter()
    .get('/empty', () => {
      throw Object.assign(new Error('no'), { name: '' });
    })
    .get('/throws', () => {
      throw Object.defineProperty(new Error('no'), 'name', {
        get: () => {
          throw new Error('no name');
        },
      });
    });
  for (const path of ['/empty', '/throws']) {
    assert.equal((await app.fetch(new Request(`http://test${path}`))).status, 500);
    const [span] = await sdk.spans();
    if (path === '/empty') assert.equal(span?.attributes['error.type'], '_OTHER');
  }
  assert.equal(await active(), before);
});
