import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Context,
  context,
  diag,
  type DiagLogger,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { getRPCMetadata, W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import { MetricMemory } from '../../testing/metric.ts';
import { HttpServerInstrumentation } from './instrumentation.ts';
import { LeanTracerProvider } from '@sonde/sdk';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const exporter = new InMemorySpanExporter();
const spanProcessors = [new SimpleSpanProcessor({ exporter })];
const provider = new LeanTracerProvider({ spanProcessors });
const memory = new MetricMemory();

let redact = (query: string): string => query;
const instrumentation = new HttpServerInstrumentation({
  isIgnored: ({ url }) => url === '/ignored',
  redactQuery: (query) => redact(query),
});
instrumentation.setTracerProvider(provider);
instrumentation.setMeterProvider(new MeterProvider({ readers: [memory] }));
instrumentation.enable();

afterEach(async () => {
  exporter.reset();
  await memory.reset();
  redact = (query) => query;
  instrumentation.setTracerProvider(provider);
});

const tracer = provider.getTracer('app');
const note = (name: string): void => tracer.startSpan(name).end();

async function listening(t: TestContext, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function wire(server: Server): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Says something and waits until the server has hung up. */
async function say(server: Server, text: string): Promise<string> {
  const socket = await wire(server);
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const last = 'host: a\r\nconnection: close\r\n\r\n';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\n${last}`;
const names = (): string[] => exporter.getFinishedSpans().map(({ name }) => name);

/** The recorded durations of a route: how many, and the rest of their attributes. */
async function durations(route: string): Promise<unknown[]> {
  const found = (await memory.read()).flatMap((metric) => metric.points);
  return found
    .filter(({ attributes }) => attributes['http.route'] === route)
    .map(({ attributes, value }) => [
      typeof value === 'number' ? value : value.count,
      attributes['http.response.status_code'],
      attributes['error.type'],
    ]);
}

/** Puts a route where frameworks do. */
function setRoute(route: string): void {
  const rpc = getRPCMetadata(context.active());
  assert.ok(rpc);
  rpc.route = route;
}

test('instrumentation adds no listener to a request and one to its response', async (t) => {
  const seen: unknown[] = [];
  const heard = (): void => {};
  const server = await listening(t, (request, response) => {
    response.on('close', heard);
    const [, ...added] = response.listeners('close');
    seen.push(added, response.listenerCount('error'), request.eventNames().includes('close'));
    response.end();
  });
  await say(server, get('/'));
  assert.deepEqual(seen, [[heard], 0, false]);
  assert.deepEqual(names(), ['GET']);
});

test('a flush right after the end of a response exports its span', async (t) => {
  const flushed: unknown[] = [];
  const server = await listening(t, (_request, response) => {
    response.on('close', () => {
      void provider.forceFlush();
      flushed.push(names());
    });
    response.end();
  });
  await say(server, get('/'));
  assert.deepEqual(flushed, [['GET']]);
});

test('the end of a written response is recorded outside any context', async (t) => {
  const ended: Context[] = [];
  const processor = new SimpleSpanProcessor({ exporter });
  processor.onEnd = () => void ended.push(context.active());
  const watched = new LeanTracerProvider({ spanProcessors: [processor] });
  instrumentation.setTracerProvider(watched);
  const server = await listening(t, (request, response) => {
    if (request.url === '/flushed') response.on('close', () => void watched.forceFlush());
    response.end();
  });
  await say(server, get('/'));
  await say(server, get('/flushed'));
  assert.deepEqual(ended, [ROOT_CONTEXT, ROOT_CONTEXT]);
});

test('each request of a connection has its own context, and nothing else has one', async (t) => {
  const traces: (string | undefined)[] = [];
  const trail = (): number => traces.push(trace.getActiveSpan()?.spanContext().traceId);
  const server = await listening(t, (_request, response) => {
    trail();
    response.on('finish', trail).end();
  });
  server.on('connection', (socket: Socket) => {
    assert.equal(context.active(), ROOT_CONTEXT);
    socket.on('data', () => assert.equal(context.active(), ROOT_CONTEXT));
    socket.on('close', () => setImmediate(() => assert.equal(context.active(), ROOT_CONTEXT)));
  });
  const open = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
  await say(server, open + open + get('/'));
  const ids = exporter.getFinishedSpans().map((span) => span.spanContext().traceId);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(new Set(traces), new Set(ids));
  assert.equal(traces.length, 6);
});

test('pipelined requests of a disconnected client each end as client_disconnect', async (t) => {
  const responses: ServerResponse[] = [];
  const arrived = new EventEmitter();
  const server = await listening(t, (request, response) => {
    request.resume();
    responses.push(response);
    arrived.emit('request');
  });
  const socket = await wire(server);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3));
  while (responses.length < 3) await once(arrived, 'request');
  socket.destroy();
  await Promise.all(responses.map((response) => once(response, 'close')));
  const outcomes = exporter.getFinishedSpans().map(({ attributes }) => attributes['error.type']);
  assert.deepEqual(
    outcomes,
    Array.from({ length: 3 }, () => 'client_disconnect'),
  );
});

test('an unsampled request is measured, and its attributes are not created', async (t) => {
  let described = 0;
  redact = (query) => {
    described += 1;
    return query;
  };
  instrumentation.setTracerProvider(
    new LeanTracerProvider({ spanProcessors, sampler: new AlwaysOffSampler() }),
  );
  const server = await listening(t, (_request, response) => {
    setRoute('/unsampled');
    response.end(trace.getActiveSpan()?.spanContext().traceId);
  });
  assert.match(await say(server, get('/?a=1')), /[0-9a-f]{32}$/);
  // A custom sampler may read attributes, and this one does.
  assert.equal(described, 1);
  instrumentation.setTracerProvider(
    new LeanTracerProvider({
      spanProcessors,
      sampler: new AlwaysOffSampler(),
      samplerLooksAtAttributes: false,
    }),
  );
  await say(server, get('/?a=1'));
  assert.equal(described, 1);
  assert.deepEqual(names(), []);
  assert.deepEqual(await durations('/unsampled'), [[2, 200, undefined]]);
});

test('samplers and processors receive the attributes at the start of the span, with any provider', async (t) => {
  const seen: unknown[] = [];
  const sampler: Sampler = {
    shouldSample: (_context, _traceId, _name, _kind, attributes) => {
      seen.push(attributes['url.path']);
      return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    },
    toString: () => 'seeing',
  };
  const seeing = {
    onStart: ({ attributes }: { attributes: object }) => seen.push(Object.entries(attributes).length > 6),
    onEnd: () => {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const server = await listening(t, (_request, response) => response.end());
  for (const Provider of [LeanTracerProvider, TracerProvider]) {
    instrumentation.setTracerProvider(new Provider({ sampler, spanProcessors: [seeing] }));
    await say(server, get('/seen'));
  }
  assert.deepEqual(seen, ['/seen', true, '/seen', true]);
});

test('an ignored request is neither traced nor measured, and tracing is suppressed in it', async (t) => {
  const server = await listening(t, (request, response) => {
    note('in the handler');
    request.on('data', () => note('in a listener')).on('end', () => response.end());
  });
  const socket = await wire(server);
  const reached = once(server, 'request');
  socket.write(`POST /ignored HTTP/1.1\r\ncontent-length: 1\r\n${last}`);
  await reached;
  socket.end('a');
  await once(socket.resume(), 'close');
  assert.deepEqual(names(), []);
});

test('any number of routes are recorded separately', async (t) => {
  const server = await listening(t, (request, response) => {
    setRoute(request.url ?? '');
    response.end();
  });
  const count = 2100;
  const open = (_: unknown, at: number): string => `GET /${at} HTTP/1.1\r\nhost: a\r\n\r\n`;
  await say(server, Array.from({ length: count }, open).join('') + get('/last'));
  assert.equal(new Set(names()).size, count + 1);
  assert.ok(names().includes('GET /last'));
});

test('an error of telemetry does not reach the application', async (t) => {
  const faults: string[] = [];
  const keep = (message: string): number => faults.push(message);
  const logger: DiagLogger = { error: keep, warn: keep, info: keep, debug: () => {}, verbose: () => {} };
  diag.setLogger(logger, { suppressOverrideMessage: true });
  t.after(() => diag.disable());
  redact = () => {
    throw new Error('fault');
  };
  const server = await listening(t, (_request, response) => response.end('answered'));
  assert.match(await say(server, get('/?a=1')), /answered$/);
  assert.deepEqual(faults, ['failed to record an incoming request']);
});

/** A request that no server has read from a connection, and its response, as adapters of platforms make them. */
function withoutConnection(socket: unknown): [request: IncomingMessage, response: ServerResponse] {
  const request = new IncomingMessage(socket as Socket);
  Object.assign(request, { method: 'GET', url: '/adapted', httpVersion: '1.1' });
  const response = new ServerResponse(request);
  response.assignSocket(new PassThrough() as unknown as Socket);
  return [request, response];
}

test('a request without a connection is recorded when its response is written', async (t) => {
  const server = createServer((_request, response) => {
    setRoute('/adapted');
    response.end('answered');
  });
  t.after(() => server.close());
  for (const socket of [null, undefined, new Socket(), { remoteAddress: '192.0.2.1' }]) {
    exporter.reset();
    await memory.reset();
    const [request, response] = withoutConnection(socket);
    const finished = once(response, 'finish');
    server.emit('request', request, response);
    await finished;
    await turn();
    assert.deepEqual(await durations('/adapted'), [[1, 200, undefined]]);
    assert.deepEqual(names(), ['GET /adapted']);
  }
});

test('a server with its own `emit` is not instrumented, and no server is after `disable`', async (t) => {
  const server = await listening(t, (_request, response) => response.end());
  const original = Reflect.get(EventEmitter.prototype, 'emit');
  Reflect.set(server, 'emit', original);
  await say(server, get('/'));
  Reflect.deleteProperty(server, 'emit');
  instrumentation.disable();
  await say(server, get('/'));
  assert.deepEqual(names(), []);
  instrumentation.enable();
  instrumentation.enable();
  await say(server, get('/'));
  assert.deepEqual(names(), ['GET']);
});

test('an error that a response emits is recorded with the status that was sent', async (t) => {
  const server = await listening(t, (_request, response) => {
    setRoute('/emits');
    response.on('error', () => response.writeHead(500).end());
    response.emit('error', new RangeError('of the response'));
  });
  await say(server, get('/'));
  const [span] = exporter.getFinishedSpans();
  assert.equal(span?.name, 'GET /emits');
  assert.equal(span.attributes['error.type'], 'RangeError');
  assert.equal(span.status.message, 'of the response');
  assert.equal(span.events.length, 1);
  assert.deepEqual(await durations('/emits'), [[1, 500, 'RangeError']]);
});

test('a copied request without a context still emits', async (t) => {
  const server = await listening(t, (request, response) => {
    const copy = Object.assign(new EventEmitter(), { emit: Reflect.get(request, 'emit') }) as IncomingMessage;
    copy.on('end', () => response.end('heard'));
    copy.emit('end');
  });
  assert.match(await say(server, get('/')), /heard$/);
});

test('active requests are counted by method and scheme', async (t) => {
  const counts: number[] = [];
  const read = async (): Promise<void> => {
    const metric = (await memory.read()).find(({ name }) => name === 'http.server.active_requests');
    const point = metric?.points.find(({ attributes }) => attributes['http.request.method'] === 'PUT');
    assert.deepEqual(point?.attributes, { 'http.request.method': 'PUT', 'url.scheme': 'http' });
    counts.push(point.value as number);
  };
  const server = await listening(t, (_request, response) => {
    void read().then(() => response.end());
  });
  await say(server, `PUT / HTTP/1.1\r\n${last}`);
  await read();
  assert.deepEqual(counts, [1, 0]);
});
