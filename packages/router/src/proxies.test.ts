// Which proxy fields are trusted, and which values a client can forge in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter, type TrustProxyOptions } from './index.ts';
import { Sdk } from './testkit/sdk.ts';
import { ask, readBody } from './testkit/wire.ts';

const sdk = new Sdk();

/** Gives the address that the handler sees, and the client's, behind proxies that are trusted in this way. */
async function seen(
  trustProxy: boolean | number | TrustProxyOptions,
  ...fields: string[]
): Promise<[href: string, client: unknown]> {
  await using server = await createRouter({ trustProxy })
    .get('/', (c) => c.url.href)
    .listen();
  const href = readBody(await ask(server.port, 'GET /', ...fields));
  const [span] = await sdk.spans();
  return [href, span?.attributes['client.address']];
}

const loopback = '127.0.0.1';
const evil = 'Forwarded: for=6.6.6.6;host=evil.example;proto=https';

test('Forwarded of a client is ignored if the proxy writes X-Forwarded-*', async () => {
  for (const trustProxy of [true, 1, {}, { header: 'x-forwarded' } as const]) {
    assert.deepEqual(
      await seen(trustProxy, evil, 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: http'),
      ['http://test/', '203.0.113.9'],
    );
    // Nor does one without a meaning hide what the proxy wrote.
    assert.deepEqual(await seen(trustProxy, 'Forwarded: x=1', 'X-Forwarded-For: 203.0.113.9'), [
      'http://test/',
      '203.0.113.9',
    ]);
  }
  assert.deepEqual(await seen(true, evil), ['http://test/', loopback]);
});

test('X-Forwarded-* of a client is ignored if the proxy writes Forwarded', async () => {
  const fields = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Port: 81'];
  const own = 'Forwarded: for="[2001:db8::1]:99";host=shop.example;proto=https';
  assert.deepEqual(await seen({ header: 'forwarded' }, own, ...fields), [
    'https://shop.example/',
    '2001:db8::1',
  ]);
  assert.deepEqual(await seen({ header: 'forwarded' }, ...fields), ['http://test/', loopback]);
});

test('both families are ignored without trustProxy and with zero hops', async () => {
  const fields = [
    evil,
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: https',
  ];
  for (const trustProxy of [false, 0, { hops: 0 }, { hops: 0, header: 'forwarded' } as const]) {
    assert.deepEqual(await seen(trustProxy, ...fields), ['http://test/', loopback]);
  }
});

test('entries are counted from the end', async () => {
  const fields = [
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-For: 192.0.2.7, 10.0.0.1',
    'X-Forwarded-Host: evil.example, shop.example, inner',
  ];
  assert.deepEqual(await seen({ hops: 2 }, ...fields), ['http://shop.example/', '192.0.2.7']);
  assert.deepEqual(await seen(2, ...fields), ['http://shop.example/', '192.0.2.7']);
  assert.deepEqual(
    await seen(
      { hops: 2, header: 'forwarded' },
      'Forwarded: for=6.6.6.6;host="evil, for=192.0.2.7;host=shop.example, for=10.0.0.1',
    ),
    ['http://shop.example/', '192.0.2.7'],
  );
});

const ports: readonly [fields: string[], href: string][] = [
  [['X-Forwarded-Port: 8443', 'X-Forwarded-Proto: https'], 'https://test:8443/'],
  [['X-Forwarded-Port: 8443', 'X-Forwarded-Host: shop.example'], 'http://shop.example:8443/'],
  [['X-Forwarded-Port: 8443', 'X-Forwarded-Host: [2001:db8::1]'], 'http://[2001:db8::1]:8443/'],
  [['X-Forwarded-Port: 8443', 'X-Forwarded-Host: shop.example:81'], 'http://shop.example:81/'],
  [['X-Forwarded-Port: 443', 'X-Forwarded-Proto: https'], 'https://test/'],
  // TLS ends before the proxy that wrote the port.
  [['X-Forwarded-Port: 80', 'X-Forwarded-Proto: https'], 'https://test/'],
  [['X-Forwarded-Port: 0'], 'http://test/'],
  [['X-Forwarded-Port: 99999'], 'http://test/'],
  [['X-Forwarded-Port: 81/evil'], 'http://test/'],
  [['X-Forwarded-Port: -1'], 'http://test/'],
];

for (const [fields, href] of ports) {
  test(`${fields.join(', ')} makes ${href}`, async () => {
    assert.equal((await seen(true, ...fields))[0], href);
  });
}

const hosts = ['a b', 'evil.example/x', 'x@evil.example', 'a:99999', 'a:b', '[::1', '%zz', '', '"quoted"'];
for (const host of hosts) {
  test(`a forwarded host ${JSON.stringify(host)} is not believed`, async () => {
    assert.equal((await seen(true, `X-Forwarded-Host: ${host}`))[0], 'http://test/');
    assert.equal((await seen({ header: 'forwarded' }, `Forwarded: host="${host}"`))[0], 'http://test/');
  });
}

const schemes: readonly [proto: string, href: string][] = [
  ['https', 'https://test/'],
  ['HTTPS', 'https://test/'],
  ['wss', 'https://test/'],
  ['ws', 'http://test/'],
  ['ftp', 'http://test/'],
  ['https:', 'http://test/'],
  ['httpss', 'http://test/'],
];
for (const [proto, href] of schemes) {
  test(`a forwarded scheme ${proto} makes ${href}`, async () => {
    assert.equal((await seen(true, `X-Forwarded-Proto: ${proto}`))[0], href);
    assert.equal((await seen({ header: 'forwarded' }, `Forwarded: proto="${proto}"`))[0], href);
  });
}

const clients: readonly [address: string, client: string][] = [
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:443', '192.0.2.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['unknown', loopback],
  ['_hidden', loopback],
  ['192.0.2', loopback],
  ['192.0.2.7:', loopback],
  ['<script>', loopback],
  ['constructor', loopback],
  ['', loopback],
];
for (const [address, client] of clients) {
  test(`a forwarded address ${JSON.stringify(address)} makes the client ${client}`, async () => {
    assert.equal((await seen(true, `X-Forwarded-For: ${address}`))[1], client);
    assert.equal((await seen({ header: 'forwarded' }, `Forwarded: for="${address}"`))[1], client);
  });
}

test('a malformed Forwarded header is ignored', async () => {
  for (const value of ['for=', '"', ';;;', 'for="', '=;host', ',', ',,,', 'for=1;for=2']) {
    assert.deepEqual(
      await seen({ header: 'forwarded' }, `Forwarded: ${value}`),
      ['http://test/', loopback],
      value,
    );
  }
});
