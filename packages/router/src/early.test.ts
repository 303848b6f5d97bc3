// Responses before the request is complete: the client must receive them, and the connection must stay in step.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createRouter, problem } from './index.ts';
import { exchange, open } from './testkit/wire.ts';

const megabytes = Buffer.alloc(8_000_000);

test('a client that still sends receives the response, by fetch and by node:http', async () => {
  await using server = await createRouter()
    .post('/refused', () => problem(401))
    .post('/large', (c) => c.bytes().then((bytes) => bytes.length))
    .post('/stopped', { bodyLimitBytes: 1e9 }, async (c) => {
      await c.stream().getReader().read();
      return problem(422);
    })
    .listen();
  for (const [path, status] of Object.entries({
    '/refused': 401,
    '/large': 413,
    '/stopped': 422,
    '/none': 404,
  })) {
    const response = await fetch(server.url + path, { method: 'POST', body: megabytes });
    assert.equal(response.status, status, path);
    assert.match(await response.text(), /title/);
    const sent = request(server.url + path, { method: 'POST' }).on('error', () => {});
    sent.end(megabytes);
    const [received] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    assert.equal(received.statusCode, status, path);
    received.resume();
  }
});

test('the rest of a body is never taken for a request, and the connection is closed soon', async () => {
  const paths: string[] = [];
  await using server = await createRouter()
    .use((c, next) => {
      paths.push(c.path);
      return next();
    })
    .post('/refused', () => problem(401))
    .get('/smuggled', () => 'never')
    .listen();
  const socket = await open(server.port);
  socket.write('POST /refused HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000\r\n\r\n');
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(head), /^HTTP\/1\.1 401 [^]*connection: close/i);
  socket.write(Buffer.alloc(9_000_000));
  socket.write('GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n');
  socket.on('error', () => {}).resume();
  await once(socket, 'close');
  assert.deepEqual(paths, ['/refused']);
});

test('Expect: 100-continue is answered by the final status where it is known, and by 100 when the body is read', async () => {
  await using server = await createRouter()
    .post('/read', (c) => c.text())
    .post('/refused', () => problem(401))
    .post('/coded', (c) => c.text())
    .listen();
  const expecting = (path: string, length: number, ...fields: string[]): string =>
    [
      `POST ${path} HTTP/1.1`,
      'Host: t',
      `Content-Length: ${length}`,
      'Expect: 100-continue',
      ...fields,
      '',
      '',
    ].join('\r\n');
  const isFinal = async (
    path: string,
    length: number,
    status: number,
    ...fields: string[]
  ): Promise<void> => {
    const raw = await exchange(server.port, expecting(path, length, ...fields));
    assert.match(raw, new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close`, 'i'), path);
  };
  await isFinal('/refused', 2, 401);
  await isFinal('/none', 2, 404);
  await isFinal('/read', 2_000_000, 413);
  await isFinal('/coded', 2, 415, 'Content-Encoding: rot13');

  const socket = await open(server.port);
  socket.write(expecting('/read', 2));
  const [invitation] = (await once(socket, 'data')) as [Buffer];
  assert.equal(String(invitation), 'HTTP/1.1 100 Continue\r\n\r\n');
  await setImmediate();
  socket.write('hi');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 200 OK[^]*keep-alive[^]*\r\n\r\nhi$/i);
  socket.destroy();
});
