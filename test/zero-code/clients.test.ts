import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { type Kind, kinds } from '../packaging/loading.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { Redis } from './support/redis.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;

const inOrder = (a: string, b: string): number => (a < b ? -1 : 1);

/** A program: installed packages, imports and source. */
interface Program {
  readonly dependencies: readonly string[];
  readonly uses: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Runs a program under `register` against a sink; undefined when its packages cannot be installed. */
async function see(
  t: TestContext,
  version: string,
  kind: Kind,
  { dependencies, uses, body }: Program,
  env: Readonly<Record<string, string>> = {},
): Promise<{ sink: OtlpSink; output: string } | undefined> {
  const node = await nodeUnderTest(t, version);
  if (node === undefined) return undefined;
  const sink = await OtlpSink.start();
  t.after(() => sink[Symbol.asyncDispose]());
  const cwd = await application(t, dependencies, { [`app.${kind}`]: source(kind, uses, body) });
  const child = await runApplication(node, ['--require', '@sonde/otel/register', `app.${kind}`], {
    cwd,
    sink,
    env,
  });
  const notices = child.stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('sonde 0.1.0 consumer ·'));
  assert.deepEqual(notices, []);
  return { sink, output: child.output };
}

const redis: Program = {
  dependencies: ['@opentelemetry/instrumentation-redis', 'redis'],
  uses: { redis: '{ createClient }', 'node:http': '{ createServer, get }', 'node:events': '{ once }' },
  body: `
    const client = await createClient({ url: process.env.REDIS_URL }).connect();
    const server = createServer(async (request, response) => {
      await client.set('seen', request.url);
      response.end(await client.get('seen'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [response] = await once(get({ host: '127.0.0.1', port: server.address().port, path: '/cached' }), 'response');
    for await (const chunk of response) console.log(String(chunk));
    server.close();
    await client.close();`,
};

const nest: Program = {
  dependencies: [
    '@opentelemetry/instrumentation-express',
    '@opentelemetry/instrumentation-nestjs-core',
    '@nestjs/core',
    '@nestjs/platform-express',
    'express',
  ],
  uses: {
    'reflect-metadata': 'reflected',
    '@nestjs/core': '{ NestFactory }',
    '@nestjs/common': '{ Controller, Get, Module, Param }',
  },
  body: `
    class Users { find(id) { return { id }; } }
    Param('id')(Users.prototype, 'find', 0);
    Get('/users/:id')(Users.prototype, 'find', Object.getOwnPropertyDescriptor(Users.prototype, 'find'));
    Controller()(Users);
    class Root {}
    Module({ controllers: [Users] })(Root);
    const app = await NestFactory.create(Root, { logger: false });
    await app.listen(0, '127.0.0.1');
    const answer = await fetch('http://127.0.0.1:' + app.getHttpServer().address().port + '/users/7');
    console.log(await answer.text());
    await app.close();`,
};

suite('clients and frameworks', { timeout: 6 * timeout }, () => {
  let server: Redis | undefined;
  before(async () => {
    server = await Redis.start();
  });
  after(() => server?.[Symbol.asyncDispose]());

  for (const version of versionsUnderTest) {
    for (const kind of kinds) {
      test(
        `redis on Node ${version}, as ${kind}: commands in the trace of the request`,
        { timeout },
        async (t) => {
          if (server === undefined) return needs(t, 'redis-server');
          const seen = await see(t, version, kind, redis, { REDIS_URL: server.url });
          if (seen === undefined) return;
          const { sink, output } = seen;
          const request = sink.spans.find(({ raw }) => raw['kind'] === 2);
          const commands = sink.spans.filter(
            ({ scope, traceId }) => scope.endsWith('instrumentation-redis') && traceId === request?.traceId,
          );
          assert.deepEqual(
            commands
              .map(({ attributes }) => attributes['db.operation.name'] ?? attributes['db.statement'])
              .map((each) => String(each).split(' ')[0]),
            ['SET', 'GET'],
            output,
          );
        },
      );

      test(`NestJS on Node ${version}, as ${kind}: its route, its controller`, { timeout }, async (t) => {
        const seen = await see(t, version, kind, nest);
        if (seen === undefined) return;
        const { sink, output } = seen;
        const request = sink.spans.find(({ raw }) => raw['kind'] === 2);
        assert.equal(request?.name, 'GET /users/:id', output);
        const ofNest = sink.spans.filter(({ scope }) => scope.endsWith('instrumentation-nestjs-core'));
        assert.ok(
          ofNest.some(({ name, traceId }) => name === 'find' && traceId === request.traceId),
          output,
        );
      });
    }
  }

  test(
    'fetch: a redirect is one trace, an abort is an error, and neither leaves a span open',
    { timeout },
    async (t) => {
      const seen = await see(t, process.versions.node, 'mjs', {
        dependencies: [],
        uses: { 'node:http': '{ createServer }', 'node:events': '{ once }' },
        body: `
        const server = createServer((request, response) => {
          if (request.url === '/old') response.writeHead(302, { location: '/new' }).end();
          else if (request.url === '/new') response.end('new');
          else response.write('begun');
        }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const base = 'http://127.0.0.1:' + server.address().port;
        console.log(await (await fetch(base + '/old')).text());
        const gone = new AbortController();
        const endless = await fetch(base + '/endless', { signal: gone.signal });
        gone.abort();
        await endless.text().catch(({ name }) => console.log(name));
        server.close();
        server.closeAllConnections();`,
      });
      if (seen === undefined) return;
      const { sink, output } = seen;
      assert.ok(output.startsWith('new\nAbortError\n'), output);
      const clients = sink.spans.filter(({ raw }) => raw['kind'] === 3);
      const servers = sink.spans.filter(({ raw }) => raw['kind'] === 2);
      assert.deepEqual(
        clients.map(({ attributes }) => String(attributes['url.path'])).toSorted(inOrder),
        ['/endless', '/new', '/old'],
        output,
      );
      assert.deepEqual(
        servers.map(({ attributes }) => String(attributes['url.path'])).toSorted(inOrder),
        ['/endless', '/new', '/old'],
        output,
      );
      for (const client of clients) {
        const served = servers.find(
          ({ raw }) => Buffer.from(raw['parentSpanId'] as Uint8Array).toString('hex') === client.spanId,
        );
        assert.equal(served?.attributes['url.path'], client.attributes['url.path']);
        assert.equal(client.attributes['sonde.unfinished'], undefined);
      }
    },
  );
});
