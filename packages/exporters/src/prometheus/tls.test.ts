import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { missing } from '../testing/prometheus-server.ts';
import { serve } from '../testing/page.ts';

const skip = missing('openssl');
const folder = mkdtempSync(join(tmpdir(), 'sonde-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function selfSigned(name: string): { key: Buffer; cert: Buffer } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

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
