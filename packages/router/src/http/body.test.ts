import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createRouter, type Router } from '../index.ts';
import { exchange, open, readStatus } from '../testkit/wire.ts';

const app = createRouter({ bodyLimitBytes: 16 })
  .post('/json', (c) => c.json() as Promise<object>)
  .post('/text', (c) => c.text())
  .post('/bytes', async (c) => (await c.bytes()).byteLength)
  .post('/form', async (c) => Object.fromEntries(await c.form()))
  .post('/twice', async (c) => [await c.text(), await c.text()])
  .post('/stream', async (c) => {
    let length = 0;
    for await (const chunk of c.stream()) length += chunk.byteLength;
    return length;
  })
  .post('/large', { bodyLimitBytes: 64 }, (c) => c.text());

async function post(path: string, type: string | undefined, body: string | FormData): Promise<Response[]> {
  const init = { method: 'POST', body, ...(type !== undefined && { headers: { 'content-type': type } }) };
  await using server = await app.listen();
  const over = await fetch(server.url + path, init);
  const buffered = new Response(await over.arrayBuffer(), over);
  return [buffered, await app.fetch(new Request(`http://test${path}`, init))];
}

const cases: readonly [string, string | undefined, string, number, unknown][] = [
  ['/json', 'application/json', '{"a":1}', 200, { a: 1 }],
  ['/json', 'Application/JSON ; charset="UTF-8"', '{"a":1}', 200, { a: 1 }],
  ['/json', 'application/merge-patch+json', '[]', 200, []],
  ['/json', 'application/json', '{"a":', 400, undefined],
  ['/json', 'application/json', '', 400, undefined],
  ['/json', 'text/plain', '{"a":1}', 415, undefined],
  ['/json', undefined, '{"a":1}', 415, undefined],
  ['/json', 'application/json; charset=latin1', '{}', 415, undefined],
  ['/json', 'application/json', '{"a":"0123456789abcdef"}', 413, undefined],
  ['/bytes', 'x/y', '0123456789abcdef', 200, 16],
  ['/bytes', 'x/y', '0123456789abcdefg', 413, undefined],
  ['/stream', 'x/y', '0123456789abcdef', 200, 16],
  ['/stream', 'x/y', '0123456789abcdefg', 413, undefined],
  ['/twice', 'x/y', 'ab', 200, ['ab', 'ab']],
  ['/form', 'application/x-www-form-urlencoded', 'a=1&b=%20', 200, { a: '1', b: ' ' }],
  ['/form', 'multipart/form-data; boundary=x', 'nonsense', 400, undefined],
  ['/form', 'text/plain', 'a=1', 415, undefined],
];

for (const [path, type, body, status, value] of cases) {
  test(`${path} with ${type} and ${JSON.stringify(body)} is ${status}`, async () => {
    for (const response of await post(path, type, body)) {
      assert.equal(response.status, status);
      const parsed: unknown = await response.json();
      if (status === 200) assert.deepEqual(parsed, value);
      else assert.equal(response.headers.get('content-type'), 'application/problem+json');
    }
  });
}

test('a route may raise the limit', async () => {
  for (const response of await post('/large', undefined, 'x'.repeat(64))) assert.equal(response.status, 200);
});

test('multipart forms are read', async () => {
  const limited = createRouter().post('/form', async (c) => [...(await c.form()).keys()]);
  const body = new FormData();
  body.append('file', new Blob(['hi']), 'a.txt');
  const response = await limited.fetch(new Request('http://test/form', { method: 'POST', body }));
  assert.deepEqual(await response.json(), ['file']);
});

test('a body is taken as a stream or read, not both', async () => {
  const both: Router = createRouter({ onError: (error) => String(Reflect.get(Object(error), 'code')) }).post(
    '/',
    async (c) => {
      await c.text();
      return c.stream();
    },
  );
  const response = await both.fetch(new Request('http://test/', { method: 'POST', body: 'x' }));
  assert.equal(await response.text(), 'SONDE_BODY_CONSUMED');
});

test('a body beyond the limit closes the connection, announced or not', async () => {
  await using server = await app.listen();
  const announced = `POST /bytes HTTP/1.1\r\nHost: t\r\nContent-Length: 99\r\n\r\n`;
  assert.match(await exchange(server.port, announced), /^HTTP\/1.1 413[^]*connection: close/i);
  const chunked = `POST /bytes HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n${'8\r\n01234567\r\n'.repeat(9)}`;
  assert.match(await exchange(server.port, chunked), /^HTTP\/1.1 413[^]*connection: close/i);
});

test('a client that disconnects while sending does not affect the server', async () => {
  await using server = await app.listen();
  const socket = await open(server.port);
  socket.resume();
  socket.end('POST /text HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc');
  await once(socket, 'close');
  assert.equal(readStatus(await exchange(server.port, 'OPTIONS /text HTTP/1.0\r\n\r\n')), 204);
});
