// Responses that precede the end of the request, as clients of other languages and a proxy see them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect, createServer } from 'node:http2';
import { once } from 'node:events';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createRouter, problem } from '@sonde/router';
import { missingProgram } from '../support/needs.ts';

const run = promisify(execFile);
const app = createRouter()
  .post('/refused', () => problem(401))
  .post('/large', async (c) => (await c.bytes()).length);

const python = `
import http.client, sys
for path in ['/refused', '/large']:
    connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
    connection.putrequest('POST', path)
    connection.putheader('Content-Length', '4000000')
    connection.endheaders()
    try:
        connection.send(b'x' * 4000000)
    except OSError:
        pass
    print(connection.getresponse().status)
`;

test('a Python client receives 401 and 413 while it sends', { skip: missingProgram('python3') }, async () => {
  await using server = await app.listen();
  const { stdout } = await run('python3', ['-c', python, String(server.port)]);
  assert.equal(stdout, '401\n413\n');
});

test('curl receives the final status instead of 100 Continue', { skip: missingProgram('curl') }, async () => {
  await using server = await app.listen();
  const flags = ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{size_upload}', '-H', 'Expect: 100-continue'];
  const body = ['--data-binary', 'x'.repeat(100_000)];
  const { stdout } = await run('curl', [...flags, ...body, `${server.url}/refused`]);
  assert.equal(stdout, '401 0');
});

test('an HTTP/2 client receives 401 and 413 while it sends', async () => {
  await using server = await app.listen({ server: createServer() });
  const session = connect(server.url);
  for (const [path, status] of Object.entries({ '/refused': 401, '/large': 413 })) {
    const stream = session.request({ ':path': path, ':method': 'POST' }).on('error', () => {});
    stream.end(Buffer.alloc(2_000_000));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], status);
    stream.close();
  }
  session.destroy();
});
