import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { test } from 'node:test';

import { missingProgram } from '@sonde/test-support/needs';
import { serve } from '../testing/served-exporter.ts';
import { selfSigned } from '../testing/self-signed.ts';

const skip = missingProgram('openssl');
async function readStatus(url: string, options: RequestOptions): Promise<number | undefined> {
  const [response]: IncomingMessage[] = await once(
    request(url, { ...options, agent: false }).end(),
    'response',
  );
  response?.resume();
  return response?.statusCode;
}

test('metrics are served over TLS', { skip }, async () => {
  const server = selfSigned('server');
  await using served = await serve({ tls: server });
  assert.ok(served.url.startsWith('https://localhost:'));
  assert.equal(await readStatus(served.url, { ca: server.cert }), 200);
  await assert.rejects(readStatus(served.url, {}));
});

test('clients without a required certificate are rejected', { skip }, async () => {
  const server = selfSigned('server');
  const client = selfSigned('client');
  await using served = await serve({ tls: { ...server, ca: client.cert, requestCert: true } });
  assert.equal(await readStatus(served.url, { ca: server.cert, ...client }), 200);
  await assert.rejects(readStatus(served.url, { ca: server.cert }));
  await assert.rejects(readStatus(served.url, { ca: server.cert, ...selfSigned('stranger') }));
});

test('scrapes succeed while 600 clients never start the handshake', { skip }, async () => {
  const server = selfSigned('server');
  await using served = await serve({ tls: server });
  const port = Number(new URL(served.url).port);
  const sockets = Array.from({ length: 600 }, () => connect({ host: '127.0.0.1', port }));
  await Promise.all(
    sockets.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'connect',
      ),
    ),
  );
  assert.equal(await readStatus(served.url, { ca: server.cert }), 200);
  for (const socket of sockets) socket.destroy();
});
