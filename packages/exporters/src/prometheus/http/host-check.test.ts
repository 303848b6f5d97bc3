import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';

import { serve } from '../../testing/served-exporter.ts';
import { PrometheusExporter } from '../exporter.ts';
import type { PrometheusExporterOptions } from '../options.ts';

/** The status of an answer to a request with these lines in place of a Host header. */
async function readStatus(url: string, lines: readonly string[], version = '1.1'): Promise<number> {
  const { port } = new URL(url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  await once(socket, 'connect');
  socket.end([`GET /metrics HTTP/${version}`, ...lines, 'Connection: close', '', ''].join('\r\n'));
  return Number((await text(socket)).split(' ', 2)[1]);
}

async function assertStatuses(
  options: PrometheusExporterOptions,
  expected: Readonly<Record<number, readonly string[]>>,
): Promise<void> {
  await using served = await serve(options);
  for (const [status, hosts] of Object.entries(expected)) {
    for (const host of hosts) {
      assert.equal(await readStatus(served.url, [`Host: ${host}`]), Number(status), host);
    }
  }
}

const loopbackHosts = [
  'localhost',
  'localhost:9464',
  'LOCALHOST.:9464',
  'app.localhost',
  '127.0.0.1:9464',
  '127.8.8.8',
  '[::1]:9464',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
];
const foreignHosts = [
  'example.com',
  'example.com:9464',
  'localhost.example.com',
  '127.0.0.1.example.com',
  'localhost@example.com',
  'example.com@localhost',
  'localhost:x',
  'localhost:80:80',
  '[::1',
  '[::1]x',
  ':9464',
  '',
  'localhost, example.com',
  'localhost/',
  'löcalhost',
];

test('a server on loopback accepts loopback names only', async () => {
  await assertStatuses({}, { 200: loopbackHosts, 421: [...foreignHosts, 'app', '10.0.0.1'] });
});

test('allowed names are accepted, and subdomains with a star', async () => {
  await assertStatuses(
    { allowedHosts: ['metrics.Example.com.', '*.example.org'] },
    {
      200: [
        'metrics.example.com',
        'METRICS.example.com.:80',
        'a.example.org',
        'a.b.example.org',
        'localhost',
      ],
      421: ['example.com', 'example.org', 'xexample.org', 'a.metrics.example.com'],
    },
  );
});

test('a star allows every name', async () => {
  await assertStatuses({ allowedHosts: ['*'] }, { 200: ['example.com', '10.0.0.1'] });
});

test('a server on all addresses accepts IP addresses and names that cannot be registered', async () => {
  await assertStatuses(
    { host: '0.0.0.0' },
    {
      200: [
        ...loopbackHosts,
        '10.244.1.17:9464',
        '[fd00::17]:9464',
        'app:9464',
        'app.default.svc',
        'app.default.svc.cluster.local:9464',
        'host.docker.internal',
        hostname(),
      ],
      421: foreignHosts,
    },
  );
});

test('Host is optional in HTTP/1.0 and required in HTTP/1.1, and two are rejected', async () => {
  await using served = await serve();
  assert.equal(await readStatus(served.url, [], '1.0'), 200);
  assert.equal(await readStatus(served.url, []), 400);
  assert.equal(await readStatus(served.url, ['Host: localhost', 'Host: localhost']), 400);
  assert.equal(await readStatus(served.url, ['Host: localhost', 'Host: example.com']), 400);
});

test('a rejected host is reported once, with the option that allows it', async () => {
  await using served = await serve();
  await readStatus(served.url, ['Host: example.com']);
  await readStatus(served.url, ['Host: example.org']);
  assert.deepEqual(
    served.notices.map(({ code }) => code),
    ['SONDE_PROMETHEUS_HOST_REFUSED'],
  );
  assert.match(served.notices[0]?.message ?? '', /"example\.com".*allowedHosts/);
});

test('with credentials any name is accepted unless allowedHosts is set', async () => {
  const authentication = { bearerToken: 'token' };
  await assertStatuses({ authentication }, { 401: ['example.com'] });
  await assertStatuses(
    { authentication, allowedHosts: ['example.com'] },
    { 401: ['example.com'], 421: ['example.org'] },
  );
});

test('invalid names are reported as an invalid option', () => {
  for (const name of ['', '*.', '*.*', 'a*', 'http://a', 'a:80', 'a/b', 'a b', 1, null]) {
    const options: object = { allowedHosts: [name] };
    assert.throws(() => new PrometheusExporter(options), /allowedHosts: expected an array of host names/);
  }
  const notList: object = { allowedHosts: 'example.com' };
  assert.throws(() => new PrometheusExporter(notList), /allowedHosts/);
});
