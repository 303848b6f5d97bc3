// Streams that are open when the server closes, or whose client disconnects while they are idle.
import assert from 'node:assert/strict';
import { EventEmitter, on, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:http2';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { type Context, createRouter, reply } from './index.ts';
import { sse } from './sse.ts';

const timeout = 20_000;
const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };

/** Responses that send one chunk and then wait. Each one calls `release` when it is returned, canceled or aborted. */
type Idle = (c: Context, release: () => void) => object;

/** Yields once, and then waits for an event that never occurs. */
function waiting<Item>(first: Item, release: () => void): AsyncIterableIterator<Item> {
  let isFirst = true;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!isFirst) return new Promise(() => {});
      isFirst = false;
      return Promise.resolve({ done: false, value: first });
    },
    return() {
      release();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

async function* untilAborted({ signal }: Context, release: () => void): AsyncGenerator<string, void, void> {
  try {
    yield 'one';
    await once(new EventEmitter(), 'never', { signal });
  } finally {
    release();
  }
}

const webStream = (release: () => void): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from('one')),
    cancel: release,
  });

function nodeStream(release: () => void): Readable {
  const stream = new Readable({ read() {} });
  stream.push('one');
  return stream.once('close', release);
}

const eventStreams: Readonly<Record<string, Idle>> = {
  'sse of a generator that waits with c.signal': (c, release) => sse(untilAborted(c, release)),
  'sse of an iterator': (_, release) => sse(waiting('one', release)),
  'sse of a web stream': (_, release) =>
    sse(new ReadableStream<string>({ start: (controller) => controller.enqueue('one'), cancel: release })),
  'sse of emitted events': (_, release) => {
    const emitter = new EventEmitter().on('removeListener', release);
    process.nextTick(() => emitter.emit('event', 'one'));
    return sse(on(emitter, 'event') as AsyncIterable<string>);
  },
  'a reply of the type text/event-stream': (_, release) =>
    reply(waiting('one', release), { headers: eventStream }),
  'a Response of the type text/event-stream': (_, release) =>
    new Response(webStream(release), { headers: eventStream }),
};

const otherStreams: Readonly<Record<string, Idle>> = {
  'a generator that waits with c.signal': (c, release) => untilAborted(c, release),
  'an iterator': (_, release) => waiting('one', release),
  'a web stream': (_, release) => webStream(release),
  'a Response': (_, release) => new Response(webStream(release)),
  'a stream of Node.js': (_, release) => nodeStream(release),
};

/** Opens a stream, waits for its first chunk, and returns what releases the client's side. */
type Client = (url: string) => Promise<{ ended: Promise<unknown>; complete(): boolean; disconnect(): void }>;

const clients: Readonly<Record<string, Client>> = {
  async 'HTTP/1.1'(url) {
    const [response]: IncomingMessage[] = await once(get(url), 'response');
    assert.ok(response);
    response.on('error', () => {});
    // A stream whose data arrives with its end closes before the promise of its data has resolved.
    const ended = new Promise((resolve) => response.once('close', resolve));
    await once(response, 'data');
    return {
      ended,
      complete: () => response.complete,
      disconnect: () => response.destroy(),
    };
  },
  async 'HTTP/2'(url) {
    const session = connect(url);
    session.on('error', () => {});
    const stream = session.request({ ':path': new URL(url).pathname });
    stream.on('error', () => {});
    let ended = false;
    stream.on('end', () => (ended = true));
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve(session.close())));
    await once(stream, 'data');
    return {
      ended: closed,
      complete: () => ended && stream.rstCode === 0,
      disconnect: () => session.destroy(),
    };
  },
};

/** Starts a server with one idle stream. */
async function serve(protocol: string, idle: Idle) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = await createRouter()
    .get('/', (c) => idle(c, release))
    .listen(protocol === 'HTTP/2' ? { server: createServer() } : {});
  return { server, released };
}

for (const [protocol, open] of Object.entries(clients)) {
  suite(`open streams over ${protocol}`, { timeout }, () => {
    for (const [name, idle] of Object.entries(eventStreams)) {
      test(`${name} ends completely as soon as the server closes, and is released`, async (t) => {
        const { mock } = t.mock.method(console, 'error', () => {});
        const { server, released } = await serve(protocol, idle);
        const client = await open(server.url);
        // The default grace period is 10 seconds: the end does not come from it.
        const closed = server.close({ gracePeriodMs: 600_000 });
        await Promise.all([client.ended, released, closed]);
        assert.ok(client.complete());
        assert.equal(mock.callCount(), 0, String(mock.calls[0]?.arguments));
      });
    }

    for (const [name, idle] of Object.entries(otherStreams)) {
      test(`${name} is cut and released at the end of the grace period`, async (t) => {
        const { mock } = t.mock.method(console, 'error', () => {});
        const { server, released } = await serve(protocol, idle);
        const client = await open(server.url);
        const closed = server.close({ gracePeriodMs: 100 });
        await Promise.all([client.ended, released, closed]);
        assert.ok(!client.complete());
        assert.equal(mock.callCount(), 0, String(mock.calls[0]?.arguments));
      });
    }

    for (const [name, idle] of Object.entries({ ...eventStreams, ...otherStreams })) {
      test(`${name} is released when its client disconnects`, async (t) => {
        const { mock } = t.mock.method(console, 'error', () => {});
        const { server, released } = await serve(protocol, idle);
        const client = await open(server.url);
        client.disconnect();
        await released;
        assert.equal(mock.callCount(), 0, String(mock.calls[0]?.arguments));
        await server.close();
      });
    }

    test('an event stream that opens after close() ends after its first events', async () => {
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      const { promise: proceed, resolve: goOn } = Promise.withResolvers<void>();
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const server = await createRouter()
        .get('/', async () => {
          reach();
          await proceed;
          return sse(waiting('one', release));
        })
        .listen(protocol === 'HTTP/2' ? { server: createServer() } : {});
      const opening = open(server.url);
      await reached;
      const closed = server.close({ gracePeriodMs: 600_000 });
      goOn();
      const client = await opening;
      await Promise.all([client.ended, released, closed]);
      assert.ok(client.complete());
    });
  });
}
