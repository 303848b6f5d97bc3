// The router behind nginx and HAProxy, and before a client in Go.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createRouter, problem, reply, type RouterOptions } from '@sonde/router';
import { sse } from '@sonde/router/sse';
import { freePort } from '../support/free-port.ts';
import { missingProgram } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { fillCache } from '../support/program-cache.ts';

const run = promisify(execFile);
const large = Buffer.alloc(3_000_000);

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type has the state of the router
function application(options: RouterOptions = {}) {
  return createRouter(options)
    .get('/origin', (c) => `${c.url.href} ${c.client.address}`)
    .post('/refused', () => problem(401))
    .post('/large', async (c) => (await c.bytes()).length)
    .head('/blob', () => reply('', { headers: { 'content-length': '12345' } }))
    .get('/mismatch', () => new Response('hello world', { headers: { 'content-length': '5' } }))
    .get('/hop', () => reply('hop', { headers: { 'keep-alive': 'timeout=1', 'proxy-connection': 'close' } }))
    .get('/ok', () => 'ok')
    .get('/events', (c) =>
      sse(
        (async function* () {
          yield { data: 'first' };
          // It ends when the client has read the first event and closes.
          await once(c.signal, 'abort');
        })(),
      ),
    );
}

/** Starts a proxy with a configuration file, and waits until it listens. */
async function proxied(
  t: TestContext,
  command: string,
  args: (file: string) => string[],
  port: number,
  configuration: string,
): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'sonde-proxy-'));
  const file = join(cwd, 'proxy.conf');
  await writeFile(file, configuration);
  const program = new Program(command, args(file), { cwd });
  t.after(async () => {
    await program[Symbol.asyncDispose]();
    await rm(cwd, { recursive: true, force: true });
  });
  for (;;) {
    const socket = connectSocket(port, '127.0.0.1');
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isConnected) return `http://127.0.0.1:${port}`;
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    const ended = await Promise.race([program.ended, delay(50)]);
    assert.equal(ended, undefined, program.output);
  }
}

/** nginx with its default buffering, on a port for HTTP/1.1 and on one for HTTP/2. */
async function nginx(t: TestContext, upstream: number): Promise<{ url: string; http2: string }> {
  const [port, http2] = [await freePort(), await freePort()];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  const url = await proxied(
    t,
    'nginx',
    (file) => ['-p', join(file, '..'), '-c', file, '-e', 'stderr'],
    port,
    `
daemon off; pid nginx.pid; ${process.getuid?.() === 0 ? 'user root;' : ''} error_log stderr; worker_processes 1;
events {}
http {
  access_log off; ${temporary.join(' ')}
  client_max_body_size 10m;
  upstream app { server 127.0.0.1:${upstream}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${http2} http2;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Port $server_port;
    }
    location /unbuffered/ {
      proxy_pass http://app/;
      proxy_http_version 1.1;
      proxy_request_buffering off;
    }
  }
}
`,
  );
  return { url, http2: `http://127.0.0.1:${http2}` };
}

/** HAProxy, which writes `Forwarded` or the `X-Forwarded-*` fields. */
async function haproxy(t: TestContext, upstream: number, fields: string): Promise<string> {
  const port = await freePort();
  return proxied(
    t,
    'haproxy',
    (file) => ['-db', '-f', file],
    port,
    `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend public
  bind 127.0.0.1:${port}
  ${fields}
  default_backend app
backend app
  server app 127.0.0.1:${upstream}
`,
  );
}

const forged = {
  forwarded: 'for=6.6.6.6;host=evil.example;proto=https',
  'x-forwarded-for': '6.6.6.6',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-port': '6666',
};

/** The responses that every proxy passes on. */
async function assertResponses(url: string, uploads = ''): Promise<void> {
  const post = async (path: string): Promise<number> => {
    const response = await fetch(`${url}${uploads}${path}`, { method: 'POST', body: large });
    await response.arrayBuffer();
    return response.status;
  };
  for (let round = 0; round < 5; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one request at a time
    assert.deepEqual([await post('/refused'), await post('/large')], [401, 413]);
  }
  const head = await fetch(`${url}/blob`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), '12345');
  // A wrong length must not move into the next response of the shared connection.
  for (let round = 0; round < 5; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one request at a time
    await fetch(`${url}/mismatch`).then(
      (response) => response.text().catch(() => ''),
      () => '',
    );
    // oxlint-disable-next-line no-await-in-loop -- one request at a time
    assert.equal(await (await fetch(`${url}/ok`)).text(), 'ok');
  }
  assert.equal(await (await fetch(`${url}/hop`)).text(), 'hop');
  const closing = new AbortController();
  const events = await fetch(`${url}/events`, { signal: closing.signal });
  const first = await events.body?.getReader().read();
  assert.match(Buffer.from(first?.value ?? []).toString(), /data: first/);
  closing.abort();
}

test('behind nginx', { skip: missingProgram('nginx'), timeout: 60_000 }, async (t) => {
  await using server = await application({ trustProxy: 1 }).listen();
  const { url, http2 } = await nginx(t, server.port);
  const port = new URL(url).port;
  const origin = await fetch(`${url}/origin`, { headers: forged });
  assert.equal(await origin.text(), `http://127.0.0.1:${port}/origin 127.0.0.1`);
  await assertResponses(url);
  await assertResponses(url, '/unbuffered');
  const session = connect(http2);
  for (const [path, expected] of [
    ['/ok', 'ok'],
    ['/hop', 'hop'],
  ]) {
    const stream = session.request({ ':path': path });
    // oxlint-disable-next-line no-await-in-loop -- one request at a time
    assert.equal(await text(stream), expected);
  }
  const refused = session.request({ ':path': '/refused', ':method': 'POST' }).on('error', () => {});
  refused.end(large);
  const [headers] = (await once(refused, 'response')) as [Record<string, unknown>];
  assert.equal(headers[':status'], 401);
  session.destroy();
});

test('behind HAProxy', { skip: missingProgram('haproxy'), timeout: 60_000 }, async (t) => {
  const fields = `option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host shop.example
  http-request set-header X-Forwarded-Port %[dst_port]`;
  await using server = await application({ trustProxy: 1 }).listen();
  const url = await haproxy(t, server.port, fields);
  const origin = await fetch(`${url}/origin`, { headers: forged });
  assert.equal(await origin.text(), `http://shop.example:${new URL(url).port}/origin 127.0.0.1`);
  await assertResponses(url);

  await using other = await application({ trustProxy: { hops: 1, header: 'forwarded' } }).listen();
  const standard = await haproxy(
    t,
    other.port,
    'http-request set-header Forwarded for=%[src];host=shop.example;proto=http',
  );
  const forwarded = await fetch(`${standard}/origin`, { headers: forged });
  assert.equal(await forwarded.text(), 'http://shop.example/origin 127.0.0.1');
});

test(
  'a Go client receives 401, 413 and the next response while it sends',
  { skip: missingProgram('go'), timeout: 120_000 },
  async () => {
    const folder = join(import.meta.dirname, 'go');
    const sources = ['main.go', 'go.mod'].map((file) => join(folder, file));
    const built = await fillCache('router-client', sources, (output) => [
      ['go', ['build', '-o', join(output, 'client'), '.'], folder],
    ]);
    await using server = await application()
      .post('/length', { bodyLimitBytes: 10_000_000 }, async (c) => {
        let length = 0;
        for await (const chunk of c.stream()) length += chunk.length;
        return length;
      })
      .post('/ok', { bodyLimitBytes: 10_000_000 }, async (c) => (await c.bytes()).length)
      .listen();
    const { stdout } = await run(join(built, 'client'), [server.url]);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      '/refused 401 true <nil>',
      '/large 413 true <nil>',
      '/length 200 true <nil>',
      '/ok 200 true <nil>',
    ]);
  },
);
