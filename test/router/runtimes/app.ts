// The program that every runtime runs: the same requests through `fetch`, and one line of JSON with the results.
import { createRouter, problem } from '@sonde/router';
import { sse } from '@sonde/router/sse';

const app = createRouter()
  .get('/users/:id', (c) => ({ id: c.params.id, query: c.query['q'] }))
  .get('/stream', async function* () {
    yield 'a';
    yield new TextEncoder().encode('b');
  })
  .get('/events', () =>
    sse(
      (async function* () {
        yield { event: 'e', data: 1 };
      })(),
    ),
  )
  .get('/missing', () => problem(404, 'No such thing'))
  .get('/response', () => new Response('r', { status: 201, headers: { 'content-type': 'text/csv' } }))
  .post('/json', (c) => c.json() as Promise<object>)
  .post('/form', async (c) => Object.fromEntries(await c.form()));

async function describe(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await app.fetch(new Request(`http://test${path}`, init));
  return [response.status, response.headers.get('content-type'), await response.text()];
}

/** The results of all requests. */
export const describeAll = async (): Promise<unknown[]> => [
  await describe('/users/7?q=1'),
  await describe('/stream'),
  await describe('/events'),
  await describe('/missing'),
  await describe('/response'),
  await describe('/none'),
  await describe('/json', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":[1]}',
  }),
  await describe('/form', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }),
];
