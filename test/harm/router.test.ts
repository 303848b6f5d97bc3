// The process survives any result of a handler and any behavior of a client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sideBySide } from './support/side-by-side.ts';

const program = (body: string): Readonly<Record<string, string>> => ({
  'app.mjs': `
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createRouter, problem, redirect, reply } from '@sonde/router';
${body}
`,
});

const hostile = `
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const accessors = Object.defineProperties(new Error('x'), {
  name: { get() { throw new Error('name'); } },
  message: { get() { throw new Error('message'); } },
  stack: { get() { throw new Error('stack'); } },
});
const circular = {};
circular.self = circular;
const thenable = { get then() { throw new Error('then'); } };
const inspected = { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('inspect'); } };
const tagged = { get [Symbol.toStringTag]() { throw new Error('tag'); } };
const values = {
  revoked: revoked.proxy, accessors, circular, thenable, inspected, tagged,
  undefined: undefined, null: null, symbol: Symbol('x'), bigint: 1n, number: NaN, function: () => {},
  bare: Object.create(null), date: new Date(NaN),
  json: { toJSON() { throw new Error('json'); } },
  used: await (async () => { const response = new Response('x'); await response.text(); return response; })(),
  locked: (() => { const response = new Response('x'); response.body.getReader(); return response; })(),
  error: Response.error(),
  stream: { [Symbol.asyncIterator]: () => ({ next() { throw revoked.proxy; } }) },
  iterator: { [Symbol.asyncIterator]() { throw new Error('iterator'); } },
  missing: () => createReadStream('/nowhere/to/be/found'),
  chunk: (async function* () { yield Symbol('x'); })(),
};
`;

test('no value that a handler returns, throws or rejects with ends the process, over HTTP/1.1 and HTTP/2', async (t) => {
  const { bare, sonde } = await sideBySide(t, {
    files: program(`${hostile}
process.on('unhandledRejection', (reason) => { console.log('unhandled'); });
console.error = () => {};
const app = createRouter({ onError(error) { if (error === accessors) throw revoked.proxy; } });
const ways = {
  return: (value) => value,
  throw: (value) => { throw value; },
  reject: async (value) => { throw value; },
  resolve: async (value) => value,
  header: (value) => reply('x', { headers: { 'x-a': value } }),
  body: (value) => reply(value, { status: 203, headers: { 'keep-alive': 'timeout=5', te: 'x' } }),
  stream: async function* (value) { yield 'a'; throw value; },
  yield: async function* (value) { yield value; },
};
for (const [name, value] of Object.entries(values)) {
  for (const [way, act] of Object.entries(ways)) {
    // A stream that no answer holds is the program's own.
    if (name === 'missing' && !['return', 'resolve', 'body'].includes(way)) continue;
    app.get('/' + name + '/' + way, () => act(name === 'missing' ? value() : value));
  }
}
const server = await app.listen();
const http2 = await app.listen({ server: createHttp2Server() });
const session = connectHttp2(http2.url);
const statuses = new Set();
for (const { route } of app.routes()) {
  for (const method of ['GET', 'HEAD']) {
    await fetch(server.url + route, { method, redirect: 'manual' }).then((response) => { statuses.add(response.status); return response.text(); }).catch(() => statuses.add('cut'));
    const stream = session.request({ ':path': route, ':method': method }).on('error', () => {});
    stream.resume().end();
    await once(stream, 'close').catch(() => {});
  }
}
session.destroy();
await Promise.all([server.close({ gracePeriodMs: 0 }), http2.close({ gracePeriodMs: 0 })]);
console.log('alive', app.routes().length, statuses.has(500));
`),
    timeoutMs: 60_000,
  });
  assert.deepEqual(bare.ending, { code: 0, signal: null }, bare.stderr);
  assert.match(bare.stdout, /^alive 171 true$/m);
  assert.doesNotMatch(bare.stdout, /unhandled/);
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
});

test('an HTTP/2 connection header in a response affects neither process nor session', async (t) => {
  const { bare, sonde } = await sideBySide(t, {
    files: program(`
const app = createRouter();
const fields = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te', 'http2-settings', 'trailer'];
for (const name of fields) {
  const headers = { [name]: 'x' };
  app.get('/answer/' + name, () => reply('x', { headers }));
  app.get('/header/' + name, (c) => { c.header(name, 'x'); return 'x'; });
  app.get('/response/' + name, () => new Response('x', { headers }));
  app.get('/stream/' + name, () => reply((async function* () { yield 'x'; })(), { headers }));
  app.get('/throw/' + name, () => { throw reply('x', { headers }); });
}
const server = await app.listen({ server: createHttp2Server() });
const session = connectHttp2(server.url);
for (const { route } of app.routes()) {
  const stream = session.request({ ':path': route }).end();
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)]);
  if (headers[':status'] !== 200 || body !== 'x') console.log(route, headers[':status'], body);
}
session.destroy();
await server.close({ gracePeriodMs: 0 });
console.log('alive');
`),
  });
  assert.deepEqual(bare.ending, { code: 0, signal: null }, bare.stderr);
  assert.equal(bare.stdout, 'alive\n');
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
});

test('clients that disconnect at any point leave no handler waiting', async (t) => {
  const { bare, sonde } = await sideBySide(t, {
    files: program(`
let entered = 0;
let settled = 0;
let all;
const done = new Promise((resolve) => { all = resolve; });
const readers = ['text', 'json', 'form', 'bytes', 'stream', 'late'];
const app = createRouter();
const count = async (read) => {
  entered++;
  try { return await read(); } finally { if (++settled === readers.length * 2) all(); }
};
for (const reader of readers) {
  app.post('/' + reader, (c) => count(async () => {
    const early = reader === 'late' ? c.text() : undefined;
    const { signal } = c;
    c.headers.wait && !signal.aborted && await once(signal, 'abort');
    await new Promise(setImmediate);
    if (early) return early;
    if (reader !== 'stream') return c[reader]();
    for await (const chunk of c.stream()) void chunk;
  }));
}
const server = await app.listen();
for (const reader of readers) {
  for (const wait of ['', 'wait: 1\\r\\n']) {
    const type = reader === 'form' ? 'multipart/form-data; boundary=x' : 'application/json';
    const before = entered;
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /' + reader + ' HTTP/1.1\\r\\nHost: t\\r\\n' + wait + 'Content-Type: ' + type + '\\r\\nContent-Length: 99\\r\\n\\r\\n{');
    while (entered === before) await new Promise(setImmediate);
    socket.resetAndDestroy();
  }
}
await done;
await server.close();
console.log('settled', settled);
`),
  });
  assert.deepEqual(bare.ending, { code: 0, signal: null }, bare.stderr);
  assert.equal(bare.stdout, 'settled 12\n');
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
});
