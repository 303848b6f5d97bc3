import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogs, createTraces } from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';
import { parseQuery } from './parse.ts';

const spans = [
  {
    trace: 1,
    span: 1,
    name: 'GET /orders/:id',
    kind: 2,
    end: 200,
    error: true,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/orders/:id',
      'url.path': '/orders/17',
      'http.response.status_code': 500,
      'user.id': 'ada',
      items: 3,
    },
  },
  {
    trace: 1,
    span: 2,
    parent: 1,
    name: 'SELECT orders',
    kind: 3,
    attributes: { 'db.system.name': 'postgresql' },
  },
  {
    trace: 1,
    span: 3,
    parent: 1,
    name: 'SELECT items',
    kind: 3,
    attributes: { 'db.system.name': 'postgresql', retried: true },
  },
  {
    trace: 2,
    span: 4,
    name: 'GET /feed',
    kind: 2,
    end: 20,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/feed',
      'url.path': '/feed',
      'http.response.status_code': 200,
      ratio: 0.5,
    },
  },
  {
    trace: 3,
    span: 5,
    name: 'POST /orders',
    kind: 2,
    end: 40,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/orders',
      'url.path': '/orders',
      'http.response.status_code': 201,
      'my key': 'x',
      tenant: '7',
    },
  },
];
const logs = [
  { body: 'connection reset by peer', severity: 17, trace: 1, span: 1, attributes: { 'db.name': 'orders' } },
  { body: 'cache is warm', severity: 9, trace: 2 },
  { body: 'retrying', severity: 13 },
];

test('chooses requests by fields, attributes, durations, text and functions of their trace', async () => {
  await using viewer = await TestViewer.start();
  await viewer.send('traces', createTraces(spans));
  await viewer.send('logs', createLogs(logs));
  const routes = async (q: string): Promise<string[]> => {
    const { items } = await viewer.get('/api/requests', { q, order: 'asc' });
    return items.map((item: Json) => item.route);
  };
  const all = ['/orders/:id', '/feed', '/orders'];
  const table: readonly (readonly [query: string, routes: readonly string[]])[] = [
    ['', all],
    ['service=shop', all],
    ['service=other', []],
    ['route=/feed', ['/feed']],
    ['route="/orders/:id"', ['/orders/:id']],
    ['route=/orders*', ['/orders/:id', '/orders']],
    ['route="/orders*"', []],
    ['method=POST', ['/orders']],
    ['-method=POST', ['/orders/:id', '/feed']],
    ['not route=/feed method=GET', ['/orders/:id']],
    ['route=/feed or route=/orders', ['/feed', '/orders']],
    ['(route=/feed or route=/orders) method=POST', ['/orders']],
    ['status>=500', ['/orders/:id']],
    ['status=error', ['/orders/:id']],
    ['error=false', ['/feed', '/orders']],
    ['duration>30ms', ['/orders/:id', '/orders']],
    ['duration<=0.02s', ['/feed']],
    ['user.id=*', ['/orders/:id']],
    ['-user.id=*', ['/feed', '/orders']],
    ['user.id!=ada', ['/feed', '/orders']],
    ['user.id~AD', ['/orders/:id']],
    ['items=3', ['/orders/:id']],
    ['items>2', ['/orders/:id']],
    ['items>3', []],
    ['ratio=0.5', ['/feed']],
    ['tenant=7', ['/orders']],
    ['tenant>6', ['/orders']],
    ['"my key"=x', ['/orders']],
    ['resource.host.name=test', all],
    ['attribute.host.name=*', []],
    ['host.name=test route=/feed', ['/feed']],
    ['ada', ['/orders/:id']],
    ['"GET /feed"', ['/feed']],
    ['spans("db") > 1', ['/orders/:id']],
    ['spans("db") = 0', ['/feed', '/orders']],
    ['spans("name=SELECT* retried=true") = 1', ['/orders/:id']],
    ['spans() = 1', ['/feed', '/orders']],
    ['logs("level>=warn") > 0', ['/orders/:id']],
    ['logs() > 0', ['/orders/:id', '/feed']],
    ['trace=00000000000000000000000000000002', ['/feed']],
    ['root=true kind=server', all],
    ['since<1h', all],
    ['since>1h', []],
    ['user.id="\' OR 1=1 --"', []],
    ['"x\' OR 1=1 --"=1', []],
    ['$.a.b=1', []],
  ];
  for (const [query, expected] of table) assert.deepEqual(await routes(query), expected, query);
});

for (const fullText of ['fts5', 'like'] as const) {
  test(`chooses log records by level, logger, text (${fullText}) and attribute`, async () => {
    await using viewer = await TestViewer.start({ fullText });
    assert.equal((await viewer.get('/api/status')).features.fullText, fullText);
    await viewer.send('logs', createLogs(logs));
    const bodies = async (q: string): Promise<string[]> => {
      const { items } = await viewer.get('/api/logs', { q, order: 'asc' });
      return items.map((item: Json) => item.body);
    };
    const [reset, warm, retrying] = logs.map(({ body }) => body);
    const table: readonly (readonly [query: string, bodies: readonly (string | undefined)[]])[] = [
      ['level>=warn', [reset, retrying]],
      ['level=info', [warm]],
      ['level<warn', [warm]],
      ['level>warn', [reset]],
      ['level!=warn', [reset, warm]],
      ['"connection reset"', [reset]],
      ['conn', [reset]],
      ['logger=test -level=error', [warm, retrying]],
      ['db.name=orders', [reset]],
      ['body~CACHE', [warm]],
      ['trace=*', [reset, warm]],
    ];
    for (const [query, expected] of table) assert.deepEqual(await bodies(query), expected, query);
  });
}

test('a query that cannot be read says where and what is expected', () => {
  const table: readonly (readonly [query: string, message: RegExp])[] = [
    ['duration>', /expected a value after "duration>" at character 9/],
    ['a=1 (b=2', /expected "\)" at character 8/],
    ['"open', /closing quotation mark/],
    ['spans("db")', /expected a comparison after "spans/],
    ['spans(', /expected "\)" at character 6/],
    ['spanns("db") > 1', /no function; known are spans, logs/],
    ['= 3', /expected a field before "="/],
    ['a=1 or', /expected a term/],
    ['a=1)', /"\)" is not expected at character 3/],
    [`${'('.repeat(40)}a=1`, /at most 32 levels/],
    ['a'.repeat(5000), /at most 4096 characters/],
  ];
  for (const [query, message] of table)
    assert.throws(() => parseQuery(query), { name: 'QueryError', message }, query);
});

test('each part of a query that is being written parses, or is reported as a query error', () => {
  const query = `service=shop -(a>=1.5s or "b c") not spans(name=x or d~e) >= 2 p95() < 200ms logs("level=error")=0`;
  for (let start = 0; start < query.length; start++) {
    for (let end = start + 1; end <= query.length; end++) {
      try {
        parseQuery(query.slice(start, end));
      } catch (error) {
        assert.equal((error as Error).name, 'QueryError', query.slice(start, end));
      }
    }
  }
});

test('the API names the parameter and the character of a wrong query', async () => {
  await using viewer = await TestViewer.start();
  for (const [path, q] of [
    ['/api/requests', 'duration>fast'],
    ['/api/logs', 'level=loud'],
    ['/api/logs', 'spans("db") > 1'],
    ['/api/errors', 'a='],
  ] as const) {
    const response = await viewer.fetch(path, { q });
    assert.equal(response.status, 400);
    const { code, parameter, position } = (await response.json()) as Json;
    assert.deepEqual([code, parameter, typeof position], ['QUERY_SYNTAX', 'q', 'number'], q);
  }
  const check = await viewer.fetch(
    '/api/query/check',
    {},
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ q: 'a=', signal: 'spans' }),
    },
  );
  assert.deepEqual(await check.json(), {
    ok: false,
    detail: 'expected a value after "a=" at character 2',
    position: 2,
  });
});
