// Types that the compiler must infer or reject; `tsc` runs over this file, so a @ts-expect-error that is not needed fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type Context, type NextResult, createRouter, type Next, type Params, problem } from './index.ts';

/** Only the same type has the same place in both directions, optional and read-only members included. */
type Equal<A, B> = [A, B] extends [B, A] ? (Exact<A> extends Exact<B> ? 'equal' : 'different') : 'different';
interface Exact<T> {
  value: (input: T) => T;
}

test('parameters come from the template', () => {
  const params: Equal<
    Params<'/a/:b/:c_d/*rest'>,
    { readonly b: string; readonly c_d: string; readonly rest: string }
  > = 'equal';
  const app = createRouter()
    .get('/users/:id', (c) => c.params.id.toUpperCase())
    // @ts-expect-error: the template has no such parameter
    .get('/orders/:name', (c) => c.params.id);
  assert.equal(app.routes().length, 2, params);
});

test('schemas give their output to the handler, and must accept what the template gives', () => {
  const id = z.object({ id: z.coerce.number() });
  const app = createRouter()
    .put('/:id', { params: id, query: z.object({ page: z.string() }), body: z.array(z.date()) }, (c) => {
      const types: [Equal<typeof c.params, { id: number }>, Equal<typeof c.body, Date[]>] = [
        'equal',
        'equal',
      ];
      return [types, c.query.page.length];
    })
    .post('/:id', (c) => {
      const body: Equal<typeof c.body, undefined> = 'equal';
      return body;
    })
    // @ts-expect-error: the schema wants a parameter that the template does not have
    .get('/:name', { params: z.object({ id: z.string() }) }, () => '')
    // @ts-expect-error: the schema's output has no such member
    .patch('/:id', { params: id }, (c) => c.params.name);
  // @ts-expect-error: not a schema
  assert.throws(() => app.delete('/:id', { body: 7 }, () => ''), { code: 'SONDE_ROUTER_OPTION' });
});

test('state adds up, and a router that needs state is mounted only where it is', () => {
  const admin = createRouter<{ user: string }>().get('/', (c) => c.state.user.length);
  const withUser = createRouter()
    .use((c, next) => (c.method === 'GET' ? next({ user: 'ada' }) : problem(401)))
    .use(async (_, next) => {
      const answer = await next({ id: 7 });
      return answer;
    })
    .use((_, next) => next())
    .get('/', (c) => {
      const state: Equal<typeof c.state.user, string> = 'equal';
      return [state, c.state.id.toFixed()];
    })
    // @ts-expect-error: no middleware gave this
    .get('/other', (c) => c.state.role)
    .mount('/admin', admin);
  // @ts-expect-error: nothing above gives a user
  const without = createRouter().mount('/admin', createRouter<{ user: string }>());
  assert.equal(withUser.routes().length, 3);
  assert.equal(without.routes().length, 0);
});

test('middleware of one route hands its state to that route alone', () => {
  const user = (c: Context, next: Next): Promise<NextResult<{ user: string }>> => next({ user: c.method });
  const app = createRouter()
    .get('/a/:id', user, (c) => {
      const types: [Equal<typeof c.state.user, string>, Equal<typeof c.params, { readonly id: string }>] = [
        'equal',
        'equal',
      ];
      return types;
    })
    .get(
      '/b',
      (_, next) => next({ one: 1 }),
      (c, next) => next({ two: c.state.one + 1 }),
      (c) => c.state.two.toFixed(),
    )
    .post('/c/:id', { body: z.array(z.date()) }, user, (c) => {
      const types: [Equal<typeof c.state.user, string>, Equal<typeof c.body, Date[]>] = ['equal', 'equal'];
      return types;
    })
    .on(
      ['PUT'],
      '/d',
      (c) => (c.method === 'PUT' ? problem(401) : undefined),
      () => 'never',
    )
    // @ts-expect-error: no middleware of this route gave it
    .get('/e', (c) => c.state.user)
    // @ts-expect-error: nor did its own
    .get('/f', user, (c) => c.state.role);
  assert.equal(app.routes().length, 6);
});

function handler(c: Context<{ params: { id: string }; state: { user: string } }>): string {
  return c.params.id + c.state.user;
}

test('a handler may be written apart, and must answer with something that has a form', () => {
  const app = createRouter()
    .use((_, next) => next({ user: 'ada' }))
    .get('/:id', handler)
    // @ts-expect-error: a symbol has no form on the wire
    .get('/symbol', () => Symbol('x'))
    // @ts-expect-error: parameters are read-only
    .get('/write/:id', (c) => (c.params.id = 'x'));
  assert.equal(app.routes().length, 3);
});

test('misspelled methods and malformed templates do not compile', () => {
  const app = createRouter();
  // @ts-expect-error: a method that Node.js does not parse
  assert.throws(() => app.on('GTE', '/a', () => ''), { code: 'SONDE_ROUTE_METHOD' });
  // @ts-expect-error: no slash at the start
  assert.throws(() => app.get('a', () => ''), { code: 'SONDE_ROUTE_TEMPLATE' });
  // @ts-expect-error: the syntax of hug and FastAPI
  assert.throws(() => app.get('/users/{id}', () => ''), { code: 'SONDE_ROUTE_TEMPLATE' });
  // @ts-expect-error: an empty segment
  assert.throws(() => app.get('/a//b', () => ''), { code: 'SONDE_ROUTE_TEMPLATE' });
  // @ts-expect-error: a query string
  assert.throws(() => app.get('/a?b', () => ''), { code: 'SONDE_ROUTE_TEMPLATE' });
  app.on(['PURGE', 'QUERY'], '/a/:id', (c) => c.params.id);
  assert.equal(app.routes().length, 2);
});
