import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { kinds } from '../packaging/loading.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { Postgres } from './support/postgres.ts';
import { Redis } from './support/redis.ts';
import { runApplication } from './support/run-application.ts';
import { shop, shopDependencies } from './support/shop.ts';
import { selfSigned } from './support/tls.ts';

const timeout = 120_000;
const server = 2;
const client = 3;

/** Telemetry of one run of the shop. */
interface Run {
  readonly sink: OtlpSink;
  readonly child: Program;
}

const scopeName = (name: string): string => `@opentelemetry/instrumentation-${name}`;

/** A scope by upstream's name: the lean engine has its own for incoming requests. */
const fromEngine = (scope: string): string =>
  scope.replace(/^@sonde\/(?=instrumentation-)/, '@opentelemetry/');

/** The one span that a scope made of this kind for this path. */
function spanFor({ sink, child }: Run, scope: string, kind: number, path: string): Received {
  const found = sink.spans.filter(
    ({ scope: of, raw, attributes }) =>
      fromEngine(of) === scopeName(scope) && raw['kind'] === kind && attributes['url.path'] === path,
  );
  const [span] = found;
  assert.ok(span !== undefined && found.length === 1, `${found.length} spans for ${path}\n${child.output}`);
  return span;
}

suite('a service that knows nothing of Sonde', { timeout: 4 * timeout }, () => {
  let postgres: Postgres | undefined;
  let redis: Redis | undefined;
  let env: Record<string, string> | undefined;
  before(async () => {
    [postgres, redis] = await Promise.all([Postgres.start(), Redis.start()]);
    const identity = await selfSigned();
    if (postgres === undefined || redis === undefined || identity === undefined) return;
    const { key, cert } = identity;
    env = { POSTGRES_URL: postgres.url, REDIS_URL: redis.url, TLS_KEY: key, TLS_CERT: cert };
  });
  after(async () => {
    await postgres?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  for (const version of versionsUnderTest) {
    for (const kind of kinds) {
      test(`on Node ${version}, as ${kind}`, { timeout }, async (t) => {
        if (env === undefined) return needs(t, 'postgresql, redis-server and openssl');
        const node = await nodeUnderTest(t, version);
        if (node === undefined) return;
        await using sink = await OtlpSink.start();
        const directory = await application(t, shopDependencies, { [`app.${kind}`]: shop(kind) });
        const child = await runApplication(node, ['--require', '@sonde/otel/register', `app.${kind}`], {
          cwd: directory,
          sink,
          env,
        });
        await assertShop(t, { sink, child });
      });
    }
  }
});

async function assertShop(t: TestContext, run: Run): Promise<void> {
  const { sink, child } = run;

  await t.test('node:http and node:https, both ends of one trace', () => {
    for (const path of ['/plain', '/secure']) {
      const incoming = spanFor(run, 'http', server, path);
      const outgoing = sink.spans.filter(
        ({ raw, traceId }) => raw['kind'] === client && traceId === incoming.traceId,
      );
      assert.equal(outgoing.length, 1, path);
      assert.equal(incoming.attributes['url.scheme'], path === '/secure' ? 'https' : 'http');
    }
  });

  await t.test('fetch, and the server span of each framework in its trace', () => {
    for (const path of ['/express/1', '/fastify/2', '/hono/3', '/koa/4']) {
      const outgoing = spanFor(run, 'undici', client, path);
      assert.equal(spanFor(run, 'http', server, path).traceId, outgoing.traceId, path);
    }
  });

  const { traceId } = spanFor(run, 'http', server, '/express/1');
  const inTrace = (scope: string): Received[] =>
    sink.spans.filter(({ scope: of, traceId: trace }) => of === scope && trace === traceId);

  await t.test('Express, Fastify and Koa name routes and handlers', () => {
    const express = spanFor(run, 'http', server, '/express/1');
    assert.equal(express.name, 'GET /express/:id');
    assert.equal(express.attributes['http.route'], '/express/:id');
    assert.ok(inTrace(scopeName('express')).length > 0);
    const fastify = sink.spans.filter(({ scope }) => scope === '@fastify/otel');
    assert.ok(
      fastify.some(({ attributes }) => attributes['http.route'] === '/fastify/:id'),
      child.output,
    );
    const koa = sink.spans.filter(({ scope }) => scope === scopeName('koa'));
    assert.deepEqual(
      koa.map(({ name }) => name),
      ['middleware - answer'],
    );
  });

  await t.test('pg and ioredis, in the trace of the request', () => {
    const queries = inTrace(scopeName('pg'));
    assert.deepEqual(
      queries.map(({ name }) => name),
      ['pg.query:SELECT postgres'],
    );
    assert.deepEqual(
      inTrace(scopeName('ioredis')).map(({ name }) => name),
      ['set', 'get'],
    );
  });

  await t.test('pino and winston send records with the trace of the request', () => {
    const records = sink.logs.filter(({ name }) => name.endsWith('has seen it'));
    assert.deepEqual(
      records
        .map(({ name, traceId: trace }) => ({ name, trace }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      [
        { name: 'pino has seen it', trace: traceId },
        { name: 'winston has seen it', trace: traceId },
      ],
      child.output,
    );
  });

  await t.test('nothing is wrong, and nothing is said to be', () => {
    const lines = child.stderr.split('\n').filter((line) => line !== '');
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('sonde 0.1.0 consumer ·')),
      [],
    );
  });
}
