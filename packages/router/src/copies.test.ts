// Two copies of the package in one program, as CommonJS beside ES modules or two versions make them.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as router from './index.ts';
import { sse } from './sse.ts';

const own = { ...router, sse };
type Package = typeof own;

/** Another copy of the sources, where they find what they depend on. */
async function otherCopy(t: TestContext): Promise<Package> {
  const folder = await mkdtemp(join(import.meta.dirname, '..', '.program-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(import.meta.dirname, folder, { recursive: true });
  const load = (file: string): Promise<object> => import(pathToFileURL(join(folder, file)).href);
  const copy = { ...(await load('index.ts')), ...(await load('sse.ts')) } as Package;
  assert.notEqual(copy.Problem, own.Problem);
  return copy;
}

test('replies created by another copy of the package are sent', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  const { reply, created, problem, redirect, sse: otherSse } = await otherCopy(t);
  const app = own
    .createRouter()
    .get('/problem', () => problem(401))
    .get('/redirect', () => redirect('/y'))
    .get('/created', () => created({ id: 1 }, '/1'))
    .get('/answer', () => reply('x', { status: 202, headers: { 'x-a': '1' } }))
    .get('/within', () => own.reply(problem(404), { headers: { 'x-a': '1' } }))
    .get('/around', () => reply(own.problem(404), { headers: { 'x-a': '1' } }))
    .get('/events', () => otherSse(own.sse((async function* () {})()).value as AsyncIterable<string>))
    .get('/thrown', () => {
      throw problem(404);
    })
    .get('/thrown-answer', async () => {
      throw redirect('/z');
    });
  const seen = async (path: string): Promise<unknown[]> => {
    const { status, headers } = await app.fetch(new Request(`http://test${path}`));
    return [status, headers.get('content-type'), headers.get('location') ?? headers.get('x-a')];
  };
  const type = 'application/problem+json';
  assert.deepEqual(await seen('/problem'), [401, type, null]);
  assert.deepEqual(await seen('/redirect'), [302, null, '/y']);
  assert.deepEqual(await seen('/created'), [201, 'application/json', '/1']);
  assert.deepEqual(await seen('/answer'), [202, 'text/plain; charset=utf-8', '1']);
  assert.deepEqual(await seen('/within'), [404, type, '1']);
  assert.deepEqual(await seen('/around'), [404, type, '1']);
  assert.deepEqual(await seen('/events'), [200, 'text/event-stream', null]);
  assert.deepEqual(await seen('/thrown'), [404, type, null]);
  assert.deepEqual(await seen('/thrown-answer'), [302, null, '/z']);
  assert.equal(mock.callCount(), 0);
});

test('instanceof works across copies, for subclasses and for other values', async (t) => {
  const copy = await otherCopy(t);
  class Mine extends own.Problem {}
  assert.ok(copy.problem(401) instanceof own.Problem);
  assert.ok(own.problem(401) instanceof copy.Problem);
  assert.ok(copy.reply(1) instanceof own.Reply);
  assert.ok(new Mine(401) instanceof own.Problem);
  assert.ok(new Mine(401) instanceof copy.Problem);
  assert.ok(new Mine(401) instanceof Mine);
  assert.ok(!(own.problem(401) instanceof Mine));
  assert.throws(() => copy.createRouter().get('x' as string, () => ''), own.RouterError);
  for (const value of [undefined, null, 0, '', {}, new Error('no'), own.reply(1)]) {
    assert.ok(!(value instanceof own.Problem));
  }
});

test('a router of another copy is mounted with its middleware, schemas and errors', async (t) => {
  const copy = await otherCopy(t);
  const body = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => (value === 'x' ? { issues: [{ message: 'no' }] } : { value }),
    },
  } as const;
  const inner = copy
    .createRouter<{ user: string }>({ bodyLimitBytes: 16 })
    .use((c, next) =>
      c.headers.authorization === 'yes' ? next({ role: `${c.state.user}-admin` }) : copy.problem(401),
    )
    .get('/', (c) => c.state.role)
    .post('/', { body }, (c) => [c.body])
    .get('/:id', (c) => {
      throw copy.problem(404, c.params.id);
    });
  // The types fit, too: the compiler reads this file.
  const app = own
    .createRouter()
    .use((_, next) => next({ user: 'ada' }))
    .mount('/admin', inner);
  await using server = await app.listen();
  const seen = async (path: string, init: RequestInit = {}): Promise<unknown[]> => {
    const headers = { authorization: 'yes', 'content-type': 'application/json' };
    const response = await fetch(server.url + path, { headers, ...init });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await seen('/admin'), [200, 'ada-admin']);
  assert.equal((await seen('/admin', { headers: {} }))[0], 401);
  assert.deepEqual(await seen('/admin', { method: 'POST', body: '{"a":1}' }), [200, '[{"a":1}]']);
  assert.equal((await seen('/admin', { method: 'POST', body: '"x"' }))[0], 400);
  assert.equal((await seen('/admin', { method: 'POST', body: `"${'x'.repeat(20)}"` }))[0], 413);
  assert.equal((await seen('/admin/7'))[0], 404);
});
