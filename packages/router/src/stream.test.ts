import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import { reply, createRouter } from './index.ts';
import { sse } from './sse.ts';

async function* chunks(): AsyncGenerator<string | Uint8Array> {
  yield 'a';
  yield new Uint8Array([98]);
}

// oxlint-disable-next-line require-yield -- it fails before it has anything to yield
async function* failing(): AsyncGenerator<string> {
  throw new Error('no');
}

test('iterables and web streams are written chunk by chunk, over a socket and through fetch', async () => {
  const app = createRouter()
    .get('/iterable', () => chunks())
    .get('/web', () => ReadableStream.from(chunks()))
    .get('/typed', () => reply(chunks(), { headers: { 'content-type': 'text/csv' } }))
    .get('/response', () => new Response(ReadableStream.from([new Uint8Array([97, 98])])));
  await using server = await app.listen();
  for (const path of ['/iterable', '/web', '/typed', '/response']) {
    for (const response of [
      await fetch(server.url + path),
      await app.fetch(new Request(`http://test${path}`)),
    ]) {
      assert.equal(await response.text(), 'ab', path);
    }
    const head = await fetch(server.url + path, { method: 'HEAD' });
    assert.equal(await head.text(), '');
  }
});

test('a slow reader slows down the writer', async () => {
  let yielded = 0;
  const app = createRouter().get('/', async function* () {
    for (; yielded < 1000; yielded++) yield new Uint8Array(65_536);
  });
  await using server = await app.listen();
  const [response] = await once(get(server.url), 'response');
  await once(response, 'readable');
  // The reader holds one chunk and reads no further: what fits into the buffers of both sides is all that was made.
  const before = yielded;
  assert.ok(before < 1000);
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  assert.equal(length, 65_536_000);
});

test('an error before the first chunk is a response; in mid-stream it closes the connection', async (t) => {
  t.mock.method(console, 'error', () => {});
  const app = createRouter()
    .get('/first', () => ReadableStream.from(failing()))
    .get('/later', async function* () {
      yield 'a';
      throw new Error('no');
    })
    .get('/kind', async function* () {
      yield 1;
    });
  await using server = await app.listen();
  assert.equal((await fetch(`${server.url}/first`)).status, 500);
  assert.equal((await fetch(`${server.url}/kind`)).status, 500);
  await assert.rejects(async () => (await fetch(`${server.url}/later`)).text());
  await assert.rejects(async () => (await app.fetch(new Request('http://test/later'))).text());
});

test('a reader that disconnects ends the stream and aborts the signal', async () => {
  const app = createRouter();
  const { promise: over, resolve: end } = Promise.withResolvers<string>();
  const { promise: direct, resolve: endDirect } = Promise.withResolvers<string>();
  app.get('/:how', async function* (c) {
    try {
      for (;;) yield 'x'.repeat(1024);
    } finally {
      const done = c.params.how === 'over' ? end : endDirect;
      if (c.signal.aborted) done('aborted');
      else c.signal.addEventListener('abort', () => done('aborted'));
    }
  });
  await using server = await app.listen();
  const controller = new AbortController();
  const response = await fetch(`${server.url}/over`, { signal: controller.signal });
  controller.abort();
  await assert.rejects(response.text());
  assert.equal(await over, 'aborted');
  const reader = (await app.fetch(new Request('http://test/direct'))).body?.getReader();
  await reader?.read();
  await reader?.cancel();
  assert.equal(await direct, 'aborted');
});

test('an aborted fetch rejects as over a socket, and aborts the signal', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<AbortSignal>();
  const app = createRouter().get('/', (c) => {
    reach(c.signal);
    return once(c.signal, 'abort').then(() => 'too late');
  });
  const controller = new AbortController();
  const answered = app.fetch(new Request('http://test/', { signal: controller.signal }));
  const signal = await reached;
  controller.abort();
  await assert.rejects(answered, { name: 'AbortError' });
  assert.ok(signal.aborted);
});

test('a complete response never aborts the signal', async () => {
  const signals: AbortSignal[] = [];
  const app = createRouter().post('/', async (c) => {
    signals.push(c.signal);
    return c.text();
  });
  await using server = await app.listen();
  assert.equal(await (await fetch(server.url, { method: 'POST', body: 'x' })).text(), 'x');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false],
  );
});

test('an event stream has one block per event, with one line per field', async () => {
  const app = createRouter().get('/', () =>
    sse(
      (async function* () {
        yield 'plain';
        yield { event: 'tick', id: '1', retryMs: 500, data: { n: 1 } };
        yield 'two\r\nlines\rthree';
      })(),
    ),
  );
  await using server = await app.listen();
  const response = await fetch(server.url);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('x-accel-buffering'), 'no');
  assert.equal(
    await response.text(),
    ':\n\ndata: plain\n\nevent: tick\nid: 1\nretry: 500\ndata: {"n":1}\n\ndata: two\ndata: lines\ndata: three\n\n',
  );
});

test('a line break in an event name adds no field', async () => {
  const app = createRouter().get('/', () =>
    sse(
      (async function* () {
        yield { event: 'a\ndata: forged', id: '1\r\n\r\ndata: forged', data: '' };
      })(),
    ),
  );
  const text = await (await app.fetch(new Request('http://test/'))).text();
  assert.match(text, /forged/);
  assert.doesNotMatch(text, /^data: forged/m);
  assert.equal(text.split('\n\n').length, 3);
});
