// A client that goes away while a handler works, reads or writes: whatever waits for it is let go.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { type Context, createRouter, type Router, type StandardSchema } from './index.ts';
import { Sdk } from './testkit/sdk.ts';
import { open } from './testkit/wire.ts';

const whole =
  'POST /:how HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}';

/** Reads everything of a body. */
const readers: Readonly<Record<string, (c: Context) => Promise<unknown>>> = {
  text: (c) => c.text(),
  json: (c) => c.json(),
  bytes: async (c) => String(Buffer.from(await c.bytes())),
  stream: async (c) => {
    const decoder = new TextDecoder();
    let read = '';
    for await (const chunk of c.stream()) read += decoder.decode(chunk);
    return read;
  },
  'text and json': (c) => Promise.all([c.text(), c.json()]),
};

const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

/** Settles when a handler, whose client is gone, has come to its end: with what its reader gave or threw. */
function settling(): { app: (wait: (c: Context) => Promise<unknown>) => Router; settled: Promise<unknown> } {
  const { promise: settled, resolve: settle } = Promise.withResolvers<unknown>();
  const app = (wait: (c: Context) => Promise<unknown>): Router => {
    const router = createRouter();
    for (const [how, read] of Object.entries(readers)) {
      router.post(`/${encodeURI(how)}`, async (c) => {
        try {
          await wait(c);
          settle(await read(c));
        } catch (error) {
          settle(error);
        }
      });
    }
    return router
      .use(async (c, next) => {
        await wait(c);
        try {
          return await next();
        } catch (error) {
          settle(error);
          throw error;
        }
      })
      .post('/schema', { body: anything }, (c) => {
        settle(c.body);
        return null;
      });
  };
  return { app, settled };
}

const gone = async ({ signal }: Context): Promise<unknown> => signal.aborted || once(signal, 'abort');
const request = (how: string, body: string): string =>
  whole.replace(':how', encodeURI(how)).replace('{"a":1}', body);
const assertGone = (error: unknown): void => {
  assert.ok(error instanceof Error, String(error));
  assert.equal(Reflect.get(error, 'status'), 400);
  assert.match(error.message, /Incomplete request body/);
};

for (const how of [...Object.keys(readers), 'schema']) {
  test(`${how} rejects when the client is gone before it starts`, async (t) => {
    const { mock } = t.mock.method(console, 'error', () => {});
    const { app, settled } = settling();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await using server = await app((c) => {
      reach();
      return gone(c);
    }).listen();
    const socket = await open(server.port);
    socket.write(request(how, '{"a'));
    await reached;
    socket.destroy();
    assertGone(await settled);
    assert.equal(mock.callCount(), 0);
  });

  test(`${how} rejects when the client goes while it reads`, async (t) => {
    const { mock } = t.mock.method(console, 'error', () => {});
    const { app, settled } = settling();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await using server = await app(async () => setImmediate(reach)).listen();
    const socket = await open(server.port);
    socket.write(request(how, '{"a'));
    await reached;
    socket.destroy();
    assertGone(await settled);
    assert.equal(mock.callCount(), 0);
  });

  test(`${how} rejects over HTTP/2 when the client goes, before it starts and while it reads`, async (t) => {
    const { mock } = t.mock.method(console, 'error', () => {});
    for (const wait of [gone, async () => {}]) {
      const { app, settled } = settling();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      const server = await app(async (c) => {
        setImmediate(reach);
        await wait(c);
      }).listen({ server: createServer() });
      const session = connect(server.url);
      const stream = session.request({
        ':path': `/${encodeURI(how)}`,
        ':method': 'POST',
        'content-type': 'application/json',
      });
      stream.on('error', () => {});
      stream.write('{"a');
      await reached;
      // Closing the stream alone would end its body in order first.
      session.destroy();
      assertGone(await settled);
      await server.close({ gracePeriodMs: 0 });
    }
    assert.equal(mock.callCount(), 0);
  });
}

test('a completely received body is read although the client has disconnected', async () => {
  for (const how of ['text', 'json', 'bytes', 'text and json', 'schema']) {
    const { app, settled } = settling();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await using server = await app((c) => {
      reach();
      return gone(c);
    }).listen();
    const socket = await open(server.port);
    socket.write(request(how, '{"a":1}'));
    await reached;
    socket.destroy();
    const value = await settled;
    const json = { a: 1 };
    const text = '{"a":1}';
    assert.deepEqual(value, { json, schema: json, 'text and json': [text, json] }[how] ?? text);
  }
});

test('a body read that is not awaited does not end the process when the client disconnects', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<Context>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: settled, resolve: settle } = Promise.withResolvers<unknown>();
  const rejections: unknown[] = [];
  const listener = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', listener);
  await using server = await createRouter()
    .post('/', async (c) => {
      const readings = [c.text(), c.json(), c.form(), c.bytes()];
      reach(c);
      await held;
      settle(await Promise.allSettled(readings));
    })
    .listen();
  const socket = await open(server.port);
  socket.write(request('', '{"a'));
  const c = await reached;
  socket.destroy();
  await gone(c);
  await new Promise((resolve) => setImmediate(resolve));
  release();
  assert.deepEqual(
    ((await settled) as PromiseSettledResult<unknown>[]).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected', 'rejected'],
  );
  process.off('unhandledRejection', listener);
  assert.deepEqual(rejections, []);
});

test('a stream that is returned after the client disconnected is released', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  await using server = await createRouter()
    .get('/', async (c) => {
      reach();
      await gone(c);
      return new ReadableStream({ cancel });
    })
    .listen();
  const socket = await open(server.port);
  socket.write('GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  await reached;
  socket.destroy();
  await cancelled;
});

test('pipelined requests end with their connection', async () => {
  const sdk = new Sdk();
  const waiting: Socket[] = [];
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  await using server = await createRouter()
    .get('/slow', () => new Promise<string>(() => {}))
    .get('/queued', (c) => {
      c.signal.addEventListener('abort', () => abort());
      reach();
      return new Promise<string>(() => {});
    })
    .get('/done', () => 'done')
    .listen();
  const socket = await open(server.port);
  waiting.push(socket);
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: t\r\n\r\n`;
  socket.write(get('/slow') + get('/done') + get('/queued'));
  await reached;
  socket.destroy();
  await aborted;
  const spans = await sdk.spans(3);
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), ['GET /done', 'GET /queued', 'GET /slow']);
  for (const { attributes } of spans) assert.equal(attributes['error.type'], 'client_disconnect');
  const active = await sdk.points('http.server.active_requests');
  assert.deepEqual(
    active.map(({ value }) => value),
    [0],
  );
});
