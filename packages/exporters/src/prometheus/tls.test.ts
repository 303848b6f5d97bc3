import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { test } from 'node:test';

import { missing } from '../testing/prometheus-server.ts';
import { serve } from '../testing/page.ts';
import { selfSigned } from '../testing/self-signed.ts';

const skip = missing('openssl');
async function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
  const [response]: IncomingMessage[] = await once(
    request(url, { ...options, agent: false }).end(),
    'response',
  );
  response?.resume();
  return response?.statusCode;
}

test('the page is served over TLS', { skip }, async () => {
  const server = selfSigned('server');
  await using served = await serve({ tls: server });
  assert.ok(served.url.startsWith('https://localhost:'));
  assert.equal(await statusOf(served.url, { ca: server.cert }), 200);
  await assert.rejects(statusOf(served.url, {}));
});

test('clients without a certificate are refused when one is asked for', { skip }, async () => {
  const server = selfSigned('server');
  const client = selfSigned('client');
  await using served = await serve({ tls: { ...server, ca: client.cert, requestCert: true } });
  assert.equal(await statusOf(served.url, { ca: server.cert, ...client }), 200);
  await assert.rejects(statusOf(served.url, { ca: server.cert }));
  await assert.rejects(statusOf(served.url, { ca: server.cert, ...selfSigned('stranger') }));
});
