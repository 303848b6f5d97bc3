import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reply, type HandlerResult, created, createRouter, problem, redirect } from '../index.ts';

/** Returns the response over a socket and through fetch: both must be equal. */
async function wire(value: () => HandlerResult): Promise<{ status: number; headers: Headers; body: string }> {
  const app = createRouter().get('/', value);
  await using server = await app.listen();
  const over = await fetch(server.url, { redirect: 'manual' });
  const direct = await app.fetch(new Request('http://test/'));
  const body = await over.text();
  assert.equal(await direct.text(), body);
  assert.equal(direct.status, over.status);
  assert.equal(direct.headers.get('content-type'), over.headers.get('content-type'));
  return { status: over.status, headers: over.headers, body };
}

const cases: readonly [string, () => HandlerResult, number, string | null, string][] = [
  ['an object', () => ({ a: 1 }), 200, 'application/json', '{"a":1}'],
  ['an array', () => [1, 2], 200, 'application/json', '[1,2]'],
  ['a number', () => 7, 200, 'application/json', '7'],
  ['text', () => 'né', 200, 'text/plain; charset=utf-8', 'né'],
  ['null', () => null, 204, null, ''],
  ['nothing', () => {}, 204, null, ''],
  ['bytes', () => new Uint8Array([104, 105]), 200, 'application/octet-stream', 'hi'],
  [
    'a Response',
    () => new Response('x', { status: 418, headers: { 'content-type': 'a/b' } }),
    418,
    'a/b',
    'x',
  ],
  ['created', () => created({ id: 1 }, '/1'), 201, 'application/json', '{"id":1}'],
  ['answer with a status', () => reply('x', { status: 202 }), 202, 'text/plain; charset=utf-8', 'x'],
  [
    'answer with a type',
    () => reply('<p>', { headers: { 'Content-Type': 'text/html' } }),
    200,
    'text/html',
    '<p>',
  ],
  [
    'a problem',
    () => problem(409, 'Taken', { by: 'you', type: 'https://example.com/taken' }),
    409,
    'application/problem+json',
    '{"title":"Conflict","by":"you","type":"https://example.com/taken","status":409,"detail":"Taken"}',
  ],
];

for (const [name, value, status, type, body] of cases) {
  test(`${name} is answered with ${status}`, async () => {
    const got = await wire(value);
    assert.equal(got.status, status);
    assert.equal(got.headers.get('content-type'), type);
    assert.equal(got.body, body);
  });
}

test('created and redirect set a location that is safe in a header', async () => {
  assert.equal((await wire(() => created(null, '/é'))).headers.get('location'), '/%C3%A9');
  const moved = await wire(() => redirect('/a\r\nset-cookie: x=1', 303));
  assert.equal(moved.status, 303);
  assert.equal(moved.headers.get('location'), '/a%0D%0Aset-cookie:%20x=1');
});

test('set-cookie accumulates; reply headers override c.header, which overrides the default type', async () => {
  const app = createRouter().get('/', (c) => {
    c.header('set-cookie', 'a=1');
    c.header('X-One', 'context');
    c.header('content-type', 'text/markdown');
    return reply('# hi', { headers: { 'set-cookie': ['b=2', 'c=3'], 'x-one': 'answer' } });
  });
  await using server = await app.listen();
  for (const response of [await fetch(server.url), await app.fetch(new Request('http://test/'))]) {
    assert.deepEqual(response.headers.getSetCookie().toSorted(), ['a=1', 'b=2', 'c=3']);
    assert.equal(response.headers.get('x-one'), 'answer');
    assert.equal(response.headers.get('content-type'), 'text/markdown');
  }
});

test('an unknown error is a 500 without detail', async (t) => {
  t.mock.method(console, 'error', () => {});
  const got = await wire(() => {
    throw new Error('password is hunter2');
  });
  assert.equal(got.status, 500);
  assert.equal(got.body, '{"title":"Internal Server Error","status":500}');
});

test('a value that cannot be serialized and an invalid header cause a 500', async (t) => {
  t.mock.method(console, 'error', () => {});
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assert.equal((await wire(() => circular)).status, 500);
  const thrown = await wire(() => {
    throw problem(400, 'no', circular);
  });
  assert.equal(thrown.status, 500);
  assert.equal((await wire(() => reply('x', { headers: { 'x-bad': 'a\nb' } }))).status, 500);
});

test('onError maps an error; unmapped errors are a 500; a thrown problem is sent', async (t) => {
  t.mock.method(console, 'error', () => {});
  const app = createRouter({
    onError: (error) => {
      if (error instanceof RangeError) return problem(422, error.message);
      if (error instanceof TypeError) throw problem(502);
      return undefined;
    },
  })
    .get('/range', () => {
      throw new RangeError('too far');
    })
    .get('/type', () => {
      throw new TypeError('no');
    })
    .get('/other', async () => {
      throw new Error('no');
    });
  const status = async (path: string): Promise<number> =>
    (await app.fetch(new Request(`http://test${path}`))).status;
  assert.deepEqual([await status('/range'), await status('/type'), await status('/other')], [422, 502, 500]);
});

test('status codes out of range are rejected', () => {
  assert.throws(() => problem(200), RangeError);
  assert.throws(() => reply(null, { status: 99 }), RangeError);
});
