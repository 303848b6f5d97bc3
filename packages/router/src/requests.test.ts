// Broken requests, byte by byte, over sockets: each is answered or closed by the rules, and nothing is left behind.
// `npm run test:long` sends 50,000 of them; the ordinary run takes a sample.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createRouter } from './index.ts';
import { type Random, seededRandom } from '@sonde/test-support/random';
import { ask, readBody } from './testkit/wire.ts';

const count = Number(process.env.SONDE_FUZZ_REQUESTS ?? 1500);
const concurrency = 24;
const requestTimeoutMs = 1000;
/** Node looks for late requests once per time-out; on a busy machine a look may come late. */
const patienceMs = 20_000;

const json = 'Content-Type: application/json';
const head = 'Host: t\r\n';
const seeds: readonly [string, ...string[]] = [
  `GET /users/7?q=1 HTTP/1.1\r\n${head}\r\n`,
  `HEAD /users/7 HTTP/1.1\r\n${head}\r\n`,
  `GET /stream HTTP/1.1\r\n${head}\r\n`,
  `GET / HTTP/1.0\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\n${head}\r\n`,
  `GET http://t/users/7 HTTP/1.1\r\n${head}\r\n`,
  `GET /%E0%A4/%00/..%2f HTTP/1.1\r\n${head}\r\n`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nContent-Length: 7\r\n\r\n{"a":1}`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nContent-Length: -2\r\n\r\n{}`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nContent-Length: 99999999999999999999\r\n\r\n{}`,
  `POST /json HTTP/1.1\r\n${head}${json}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
  `POST /unread HTTP/1.1\r\n${head}Content-Length: 200\r\n\r\n${'x'.repeat(200)}`,
  `POST /form HTTP/1.1\r\n${head}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 60\r\n\r\n--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n`,
  `GET /users/7 HTTP/1.1\r\n${head}X: ${'y'.repeat(20_000)}\r\n\r\n`,
  `GET /users/7 HTTP/1.1\r\n${head}${'X: y\r\n'.repeat(2500)}\r\n`,
  `GET /users/7 HTTP/1.1\r\nHost: t\r\n folded: yes\r\nA\r\n: b\r\n\r\n`,
  `GET /users/7 HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `CONNECT t:443 HTTP/1.1\r\n${head}\r\n`,
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  `get /users/7 http/1.1\n\n`,
  '\r\n\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
];

function broken(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(3) }, () => Buffer.from(random.pick(seeds), 'latin1'));
  let bytes = Buffer.concat(parts);
  for (let times = random.below(5); times > 0 && bytes.length > 0; times--) {
    const at = random.below(bytes.length);
    const to = Math.min(bytes.length, at + 1 + random.below(16));
    const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    const noise = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
    const change = random.pick(['flip', 'drop', 'double', 'insert', 'cut']);
    if (change === 'flip') bytes[at] = random.below(256);
    else if (change === 'drop') bytes = Buffer.concat([before, after]);
    else if (change === 'double') bytes = Buffer.concat([before, middle, middle, after]);
    else if (change === 'insert') bytes = Buffer.concat([before, noise, middle, after]);
    else bytes = Buffer.from(before);
  }
  return bytes;
}

/** Sends in pieces, then ends or stalls, and gives what came back once the server has closed. */
async function send(port: number, bytes: Buffer, pieces: number, stall: boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const patience = setTimeout(
    () => socket.destroy(new Error('the server neither answered nor closed')),
    patienceMs,
  );
  const chunks: Buffer[] = [];
  let late: Error | undefined;
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', (error) => (late = 'code' in error ? undefined : error));
  socket.once('close', close);
  for (let piece = 0; piece < pieces; piece++) {
    const size = Math.ceil(bytes.length / pieces);
    socket.write(bytes.subarray(piece * size, (piece + 1) * size));

    await turn();
  }
  if (!stall) socket.end();
  await closed;
  clearTimeout(patience);
  if (late !== undefined) throw late;
  return Buffer.concat(chunks).toString('latin1');
}

const allowed = new Set([100, 200, 204, 400, 404, 405, 408, 413, 415, 417, 431]);

test(`${count} broken requests get a valid response or are closed`, { timeout: 600_000 }, async (t) => {
  const random = seededRandom(t);
  let running = 0;
  const server = await createRouter({ bodyLimitBytes: 64, telemetry: false })
    .get('/', () => 'root')
    .get('/users/:id', (c) => ({ id: c.params.id, query: c.query }))
    .get('/stream', async function* (c) {
      running++;
      try {
        for (let chunk = 0; chunk < 3; chunk++) yield `${c.path} ${chunk}\n`;
      } finally {
        running--;
      }
    })
    .post('/json', (c) => c.json() as Promise<object>)
    .post('/form', async (c) => [...(await c.form()).keys()])
    .post('/unread', () => 'unread')
    .listen({ requestTimeoutMs, headersTimeoutMs: requestTimeoutMs, keepAliveTimeoutMs: 100 });
  const statuses = new Map<number, number>();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const bytes = broken(random);
      const [pieces, stall] = [1 + random.below(4), random.below(50) === 0];

      const raw = await send(server.port, bytes, pieces, stall).catch((error: unknown) => {
        throw new Error(`${String(error)} after ${JSON.stringify(bytes.toString('latin1'))}`);
      });
      assert.ok(raw === '' || raw.startsWith('HTTP/1.1 '), raw);
      for (const [, status] of raw.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)) {
        assert.ok(allowed.has(Number(status)), `${status} after ${JSON.stringify(bytes.toString('latin1'))}`);
        statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  t.diagnostic([...statuses].map(([status, times]) => `${status}: ${times}`).join(', '));
  assert.equal(readBody(await ask(server.port, 'GET /users/1')), '{"id":"1","query":{}}');
  await server.close({ gracePeriodMs: 0 });
  await turn();
  await turn();
  assert.equal(running, 0);
  const handles = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
  assert.deepEqual(handles, []);
  for (const status of [200, 400, 404, 413, 415, 431]) assert.ok(statuses.has(status), `no ${status} at all`);
});
