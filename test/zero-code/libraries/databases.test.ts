import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { kinds } from '../../packaging/loading.ts';
import { needs } from '../../support/needs.ts';
import type { OtlpSink, Received } from '../../support/otlp-sink.ts';
import { MariaDb } from '../support/mariadb.ts';
import { versionsUnderTest } from '../support/node-under-test.ts';
import { Redis } from '../support/redis.ts';
import {
  histogramPoints,
  type LibraryProgram,
  parentId,
  runLibraryProgram,
  serverSpans,
  spansFrom,
} from './support/library-program.ts';

const timeout = 120_000;

/** Runs `work` in a request to a server of the program, and `end` after it. */
const inRequest = (setUp: string, work: string, end: string): string => `
    ${setUp}
    const server = createServer(async (request, response) => {
      ${work}
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [response] = await once(get({ host: '127.0.0.1', port: server.address().port }), 'response');
    response.resume();
    await once(response, 'end');
    server.close();
    ${end}`;

const http = { 'node:http': '{ createServer, get }', 'node:events': '{ once }' };

type Client = Omit<LibraryProgram, 'generation' | 'kind' | 'node'>;

const mysql2: Client = {
  dependencies: ['mysql2'],
  uses: { ...http, mysql2: 'mysql', '@opentelemetry/api': '{ trace }' },
  body: inRequest(
    `const pool = mysql.createPool({
      host: '127.0.0.1', port: Number(process.env.MYSQL_PORT), user: 'root', database: 'test', connectionLimit: 1,
    });
    const database = pool.promise();
    await database.query('CREATE TABLE IF NOT EXISTS users (id INT PRIMARY KEY, name VARCHAR(20))');
    await database.query('DELETE FROM users');`,
    `await database.query('INSERT INTO users VALUES (?, ?)', [1, 'secret']);
      await database.query('INSERT INTO users VALUES (?, ?)', [1, 'secret']).catch(() => {});
      await database.execute('SELECT name FROM users WHERE id = ?', [1]);
      await new Promise((resolve) => pool.query("SELECT id FROM users WHERE name = 'secret'", () => {
        trace.getTracer('app').startSpan('callback').end();
        resolve();
      }));
      const stream = pool.query('SELECT * FROM users -- secret').stream();
      for await (const row of stream) void row;`,
    'await database.end();',
  ),
};

const ioredis: Client = {
  dependencies: ['ioredis'],
  uses: { ...http, ioredis: '{ Redis }' },
  body: inRequest(
    `const client = new Redis(process.env.REDIS_URL);
    await once(client, 'ready');
    await client.flushall();`,
    `await client.set('key', 'secret');
      await client.get('key');
      await client.lpush('key', 'secret').catch(() => {});
      await client.multi().set('key', 'secret').get('key').exec();`,
    'await client.quit();',
  ),
};

const redis: Client = {
  dependencies: ['redis'],
  uses: { ...http, redis: '{ createClient }' },
  body: inRequest(
    `const client = await createClient({ url: process.env.REDIS_URL }).connect();
    await client.flushAll();`,
    `await client.set('key', 'secret');
      await client.get('key');
      await client.lPush('key', 'secret').catch(() => {});
      await client.multi().set('key', 'secret').get('key').exec();
      await client.sendCommand(['CONFIG', 'SET', 'requirepass', '']);`,
    'await client.close();',
  ),
};

const graphql: Client = {
  dependencies: ['graphql'],
  uses: { ...http, graphql: '{ buildSchema, graphql }', '@opentelemetry/api': '{ trace }' },
  body: inRequest(
    `const schema = buildSchema('type Query { user(name: String): String fails: String }');
    const rootValue = {
      user: async () => { trace.getTracer('app').startSpan('resolver').end(); return 'secret'; },
      fails: async () => { throw new RangeError('secret'); },
    };`,
    `await graphql({ schema, rootValue, source: 'query User { user(name: "secret") }' });
      await graphql({ schema, rootValue, source: '{ fails }' });`,
    '',
  ),
};

/** No server: what fails is seen, too. */
const mongoose: Client = {
  dependencies: ['mongoose'],
  uses: { ...http, mongoose: 'mongoose' },
  body: inRequest(
    `const User = mongoose.model('User', new mongoose.Schema({ name: String }, { bufferTimeoutMS: 50 }));`,
    `await User.findOne({ name: 'secret' }).catch(() => {});
      await new User({ name: 'secret' }).save().catch(() => {});
      await User.aggregate([{ $match: { name: 'secret' } }]).catch(() => {});`,
    '',
  ),
};

/** A span: its name and the attributes of the outcome. */
const row = ({ attributes, name }: Received): unknown[] =>
  [name, attributes['db.query.text'], attributes['db.operation.batch.size'], attributes['error.type']].filter(
    (value) => value !== undefined,
  );

const redisRows = [
  ['SET 0', 'SET key ?'],
  ['GET 0', 'GET key'],
  ['LPUSH 0', 'LPUSH key ?', 'WRONGTYPE'],
];

const transaction = [
  ['SET 0', 'SET key ?'],
  ['GET 0', 'GET key'],
  ['EXEC 0', 'EXEC'],
  ['MULTI 0', 2],
];

/** A library, and the spans of the operations in a request. */
interface Library {
  readonly name: string;
  readonly client: Client;
  readonly system?: string;
  readonly rows: readonly (readonly unknown[])[];
  /** The spans that are in another span of the library, by name. */
  readonly nested?: readonly string[];
}

const libraries: readonly Library[] = [
  {
    name: 'mysql2',
    client: mysql2,
    system: 'mysql',
    rows: [
      ['INSERT users', 'INSERT INTO users VALUES (?)'],
      ['INSERT users', 'INSERT INTO users VALUES (?)', 'ER_DUP_ENTRY'],
      ['SELECT users', 'SELECT name FROM users WHERE id = ?'],
      ['SELECT users', 'SELECT id FROM users WHERE name = ?'],
      ['SELECT users', 'SELECT * FROM users'],
    ],
  },
  {
    name: 'ioredis',
    client: ioredis,
    system: 'redis',
    rows: [...redisRows, ...transaction],
    nested: ['SET 0', 'GET 0', 'EXEC 0'],
  },
  {
    name: 'redis',
    client: redis,
    system: 'redis',
    rows: [...redisRows, ['MULTI 0', 2], ['CONFIG 0', 'CONFIG ? ? ?']],
  },
  { name: 'graphql', client: graphql, rows: [['query'], ['query', 'RangeError']] },
  {
    name: 'mongoose',
    client: mongoose,
    system: 'mongodb',
    rows: [
      ['findOne users', 'MongooseError'],
      ['save users', 'MongooseError'],
      ['aggregate users', 'MongooseError'],
    ],
  },
];

const upstream = libraries.map(({ name }) => `@opentelemetry/instrumentation-${name}`);

/** The spans of a library in the trace of the request. */
function inTrace(sink: OtlpSink, library: string): { request: Received; spans: Received[] } {
  const [request] = serverSpans(sink);
  assert.ok(request);
  const spans = spansFrom(sink, library).filter(({ traceId }) => traceId === request.traceId);
  return { request, spans };
}

suite('databases and GraphQL', { timeout: 20 * timeout }, () => {
  const servers: { mysql?: MariaDb | undefined; redis?: Redis | undefined } = {};
  before(async () => {
    [servers.mysql, servers.redis] = await Promise.all([MariaDb.start(), Redis.start()]);
  });
  after(async () => {
    await Promise.all([servers.mysql?.[Symbol.asyncDispose](), servers.redis?.[Symbol.asyncDispose]()]);
  });

  /** Runs the program of a library; undefined, with the test skipped, when its server is not installed. */
  async function run(
    t: TestContext,
    { client, system }: Library,
    program: Pick<LibraryProgram, 'generation' | 'isBundled' | 'kind' | 'node'>,
    dependencies: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ sink: OtlpSink; output: string } | undefined> {
    if (system === 'mysql' && servers.mysql === undefined) return needs(t, 'mariadb-server') as undefined;
    if (system === 'redis' && servers.redis === undefined) return needs(t, 'redis-server') as undefined;
    const own = { ...client, ...program, dependencies: [...client.dependencies, ...dependencies] };
    return runLibraryProgram(t, own, {
      MYSQL_PORT: servers.mysql?.port ?? '',
      REDIS_URL: servers.redis?.url ?? '',
      ...env,
    });
  }

  /** Runs the program of a library, and checks the spans of its operations. */
  async function check(
    t: TestContext,
    library: Library,
    program: Pick<LibraryProgram, 'generation' | 'isBundled' | 'kind' | 'node'>,
  ): Promise<void> {
    const { name, nested = [], rows, system } = library;
    const seen = await run(t, library, program);
    if (seen === undefined) return;
    const { output, sink } = seen;
    const { request, spans } = inTrace(sink, name);
    assert.deepEqual(spans.map(row), rows, output);
    const batch = spans.at(-1);
    for (const span of spans) {
      const isNested = nested.includes(span.name) && spans.indexOf(span) >= redisRows.length;
      assert.equal(parentId(span), isNested ? batch?.spanId : request.spanId, span.name);
      assert.equal(span.attributes['db.system.name'], system);
      assert.equal(span.raw['kind'], system === undefined ? 1 : 3);
      const { code } = (span.raw['status'] ?? {}) as { code?: unknown };
      const isError = span.attributes['error.type'] !== undefined;
      assert.equal(code === 2 || code === 'STATUS_CODE_ERROR', isError, span.name);
    }
    const sent = JSON.stringify([sink.spans, sink.metrics].map((items) => items.map(({ raw }) => raw)));
    assert.ok(!sent.includes('secret'), 'a value was exported');
  }

  for (const library of libraries) {
    const { name, rows, system } = library;
    for (const generation of ['newest', 'oldest'] as const) {
      for (const kind of kinds) {
        const versions = generation === 'newest' ? versionsUnderTest : [process.versions.node];
        for (const node of versions) {
          const title = `${name}, ${generation}, as ${kind} on Node ${node}: operations in the trace of the request`;
          test(title, { timeout }, async (t) => {
            await check(t, library, { generation, kind, node });
          });
        }
      }
    }

    test(`${name} in a bundle: operations in the trace of the request`, { timeout }, (t) =>
      check(t, library, { generation: 'newest', kind: 'cjs', isBundled: true }),
    );

    test(`${name}: durations of operations are measured`, { timeout }, async (t) => {
      if (system === undefined) return;
      const seen = await run(t, library, { generation: 'newest', kind: 'cjs' });
      if (seen === undefined) return;
      const points = histogramPoints(seen.sink, 'db.client.operation.duration');
      const spans = spansFrom(seen.sink, name);
      const count = points.reduce((sum, point) => sum + point.count, 0);
      assert.equal(count, spans.length);
      for (const { attributes } of points) {
        assert.equal(attributes['db.system.name'], system);
        assert.equal(attributes['db.query.text'], undefined);
      }
      const failed = points.filter(({ attributes }) => attributes['error.type'] !== undefined);
      assert.ok(failed.length > 0);
    });

    test(`${name}: one span for each operation beside upstream's instrumentation`, { timeout }, async (t) => {
      for (const kind of kinds) {
        const seen = await run(t, library, { generation: 'newest', kind }, upstream);
        if (seen === undefined) return;
        const { output, sink } = seen;
        assert.deepEqual(inTrace(sink, name).spans.map(row), rows, output);
        const scopes = new Set(sink.spans.map(({ scope }) => scope));
        assert.ok(!scopes.has(`@opentelemetry/instrumentation-${name}`), output);
        assert.ok(!output.includes('is not instrumented'), output);
      }
    });

    test(`${name}: no spans when it is disabled by name`, { timeout }, async (t) => {
      const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: name };
      const seen = await run(t, library, { generation: 'newest', kind: 'mjs' }, [], env);
      if (seen === undefined) return;
      assert.deepEqual(spansFrom(seen.sink, name), []);
    });
  }

  test('a callback of mysql2 runs in the context of its caller', { timeout }, async (t) => {
    const [library] = libraries as [Library];
    const seen = await run(t, library, { generation: 'newest', kind: 'cjs' });
    if (seen === undefined) return;
    const [request] = serverSpans(seen.sink);
    const callback = seen.sink.spans.find(({ name }) => name === 'callback');
    assert.ok(callback);
    assert.equal(parentId(callback), request?.spanId);
  });

  test('a query that waits for a connection stays in its own trace', { timeout }, async (t) => {
    const client: Client = {
      dependencies: ['mysql2'],
      uses: { mysql2: 'mysql', '@opentelemetry/api': '{ trace }' },
      body: `
        const pool = mysql.createPool({
          host: '127.0.0.1', port: Number(process.env.MYSQL_PORT), user: 'root', connectionLimit: 1,
        });
        const tracer = trace.getTracer('app');
        await Promise.all(['a', 'b', 'c'].map((name) => tracer.startActiveSpan(name, async (span) => {
          await pool.promise().query('SELECT 1 AS ' + name);
          span.end();
        })));
        await pool.promise().end();`,
    };
    const waiting: Library = { name: 'mysql2', client, system: 'mysql', rows: [] };
    const seen = await run(t, waiting, { generation: 'newest', kind: 'cjs' });
    if (seen === undefined) return;
    const queries = spansFrom(seen.sink, 'mysql2').filter(({ attributes }) =>
      String(attributes['db.query.text']).startsWith('SELECT ? AS'),
    );
    const parents = queries.map((query) => {
      const parent = seen.sink.spans.find(({ spanId }) => spanId === parentId(query));
      return [String(query.attributes['db.query.text']).at(-1), parent?.name];
    });
    assert.deepEqual(parents, [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
  });

  test('a resolver of GraphQL runs in the span of its operation', { timeout }, async (t) => {
    const library = libraries.find(({ name }) => name === 'graphql');
    assert.ok(library);
    const seen = await run(t, library, { generation: 'newest', kind: 'mjs' });
    if (seen === undefined) return;
    const [operation] = spansFrom(seen.sink, 'graphql');
    assert.equal(operation?.attributes['graphql.operation.type'], 'query');
    assert.equal(operation.attributes['graphql.operation.name'], 'User');
    const resolver = seen.sink.spans.find(({ name }) => name === 'resolver');
    assert.ok(resolver);
    assert.equal(parentId(resolver), operation.spanId);
  });
});
