import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteCookie, getCookies, setCookie, signedCookies } from './cookies.ts';
import { createRouter } from './index.ts';

const secrets = ['a'.repeat(32), 'b'.repeat(32)] as const;

test('cookies are read, set with safe attributes, and deleted', async () => {
  const app = createRouter()
    .get('/read', (c) => ({ ...getCookies(c) }))
    .get('/set', (c) => {
      setCookie(c, 'name', 'a b;=é', { maxAgeSeconds: 60 });
      setCookie(c, 'script', '1', {
        httpOnly: false,
        secure: false,
        sameSite: 'strict',
        domain: 'shop.example',
      });
      deleteCookie(c, 'old');
    });
  const cookie = 'a=1; b="x%20y"; a=2; =none; flag; __proto__=p; bad=%zz';
  const read = await app.fetch(new Request('http://test/read', { headers: { cookie } }));
  assert.equal(await read.text(), '{"a":"1","b":"x y","__proto__":"p","bad":"%zz"}');
  const set = await app.fetch(new Request('http://test/set'));
  assert.deepEqual(set.headers.getSetCookie(), [
    'name=a%20b%3B%3D%C3%A9; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax',
    'script=1; Domain=shop.example; Path=/; SameSite=Strict',
    'old=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
  ]);
});

test('invalid names, attributes and combinations are rejected', async () => {
  const invalid: readonly [string, object][] = [
    ['a b', {}],
    ['', {}],
    ['a=b', {}],
    ['a', { path: '/;x' }],
    ['a', { domain: 'x;y' }],
    ['a', { maxAgeSeconds: 1.5 }],
    ['a', { maxAge: 1 }],
    ['a', { sameSite: 'none', secure: false }],
    ['__Host-a', { path: '/a' }],
    ['__Secure-a', { secure: false }],
  ];
  const app = createRouter().get('/', (c) => {
    for (const [name, options] of invalid) {
      assert.throws(() => setCookie(c, name, '', options), { code: 'SONDE_ROUTER_OPTION' }, name);
    }
    return 'ok';
  });
  assert.equal(await (await app.fetch(new Request('http://test/'))).text(), 'ok');
});

test('a signed cookie cannot be changed or renamed, and an older secret still verifies', async () => {
  const [current, previous] = secrets;
  const old = signedCookies(previous);
  const both = signedCookies(current, previous);
  const app = createRouter()
    .get('/old', (c) => old.set(c, 'user', 'ada.1'))
    .get('/new', (c) => both.set(c, 'user', 'ada.1'))
    .get('/read', (c) => ({ value: both.get(c, 'user') ?? 'none' }))
    .get('/read-old', (c) => ({ value: old.get(c, 'user') ?? 'none' }));
  const issue = async (path: string): Promise<string> => {
    const { headers } = await app.fetch(new Request(`http://test${path}`));
    return headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  };
  const read = async (cookie: string, path = '/read'): Promise<unknown> =>
    (
      (await (await app.fetch(new Request(`http://test${path}`, { headers: { cookie } }))).json()) as {
        value: string;
      }
    ).value;
  const cookie = await issue('/new');
  assert.equal(await read(cookie), 'ada.1');
  assert.equal(await read(await issue('/old')), 'ada.1');
  assert.equal(await read(cookie, '/read-old'), 'none');
  for (const forged of [
    cookie.replace('ada', 'eve'),
    cookie.slice(0, -3),
    cookie.replace('user', 'admin'),
    'user=ada',
  ])
    assert.equal(await read(forged), 'none', forged);
  assert.throws(() => signedCookies(), { code: 'SONDE_ROUTER_OPTION' });
  assert.throws(
    () => signedCookies('short-secret'),
    (error) => error instanceof Error && !error.message.includes('short-secret'),
  );
});
