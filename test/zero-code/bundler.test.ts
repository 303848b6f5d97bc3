import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { type Bundler, bundle, bundlerNames, type Format, lockedBundlers } from '../packaging/bundlers.ts';
import { isHookedPackage } from '../../packages/otel/src/bundler/hooked-packages.ts';
import { readSnippets } from '../docs/snippets.ts';
import { onlyAtFullSize } from '../support/full-size.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { parentId, serverSpans } from './libraries/support/library-program.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';
import { Postgres } from './support/postgres.ts';
import { runApplication } from './support/run-application.ts';

const timeout = 120_000;
const pgInstrumentation = '@opentelemetry/instrumentation-pg';

/** Answers one request with Express and one with Hono; each sends a query, and the first one writes a log record. */
const program = `
  import { once } from 'node:events';
  import { serve } from '@hono/node-server';
  import express from 'express';
  import { Hono } from 'hono';
  import pg from 'pg';
  import pino from 'pino';

  const log = pino();
  const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL });
  const main = async () => {
    const first = express()
      .get('/express/:id', async (request, response) => {
        log.info('query');
        await pool.query('SELECT $1::int AS id', [request.params.id]);
        response.end();
      })
      .listen(0, '127.0.0.1');
    await once(first, 'listening');
    const app = new Hono().get('/hono/:id', async (c) => {
      await pool.query('SELECT 1');
      return c.text('done');
    });
    const second = await new Promise((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server));
    });
    for (const [server, path] of [[first, '/express/1'], [second, '/hono/1']]) {
      await (await fetch('http://127.0.0.1:' + server.address().port + path)).text();
      server.close();
    }
    await pool.end();
  };
  main();
`;

suite('libraries in a bundle that the plug-in has marked', { timeout: 12 * timeout }, () => {
  let postgres: Postgres | undefined;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres?.[Symbol.asyncDispose]());

  /** Bundles a program and runs it; undefined, with the test skipped, if something that it needs is missing. */
  async function run(
    t: TestContext,
    bundler: Bundler,
    options: {
      readonly format: Format;
      readonly minify?: boolean;
      readonly dependencies: readonly string[];
      readonly files: Readonly<Record<string, string>>;
      /** Whether the bundle runs in a folder of its own, where nothing is installed. */
      readonly isAlone?: boolean;
    },
  ): Promise<
    { readonly sink: OtlpSink; readonly notices: readonly string[]; readonly output: string } | undefined
  > {
    if (postgres === undefined) return needs(t, 'postgresql') as undefined;
    const node = await nodeUnderTest(t, process.versions.node);
    if (node === undefined) return undefined;
    try {
      await lockedBundlers();
    } catch (error) {
      needs(t, `packages from the registry of npm: ${(error as Error).message.slice(0, 300)}`);
      return undefined;
    }
    const { dependencies, files, format, isAlone = false, minify = false } = options;
    const cwd = await application(t, dependencies, files);
    const outDir = isAlone ? await mkdtemp(join(tmpdir(), 'sonde-bundle-')) : join(cwd, 'out');
    if (isAlone) t.after(() => rm(outDir, { recursive: true, force: true }));
    const file = await bundle(bundler, {
      cwd,
      entry: 'app.mjs',
      outDir,
      format,
      minify,
      external: false,
      withPlugin: true,
    });
    const sink = await OtlpSink.start();
    t.after(() => sink[Symbol.asyncDispose]());
    const flags = isAlone ? [] : ['--require', '@sonde/otel/register'];
    const { output, stderr } = await runApplication(node, [...flags, file], {
      cwd: isAlone ? outDir : cwd,
      sink,
      env: { POSTGRES_URL: postgres.url },
    });
    const notices = stderr.split('\n').filter((line) => line.startsWith('sonde: '));
    return { sink, notices, output };
  }

  function assertSeen(sink: OtlpSink, output: string): void {
    const requests = new Map(serverSpans(sink).map((span) => [span.name, span]));
    assert.deepEqual([...requests.keys()].toSorted(), ['GET /express/:id', 'GET /hono/:id'], output);
    const queries = sink.spans.filter(({ name }) => name.startsWith('pg.query'));
    assert.equal(queries.length, 2, output);
    for (const { scope } of queries) assert.equal(scope, pgInstrumentation);
    assert.deepEqual(
      new Set(queries.map(({ traceId }) => traceId)),
      new Set([...requests.values()].map(({ traceId }) => traceId)),
    );
    const second = requests.get('GET /hono/:id');
    assert.ok(
      queries.some((query) => parentId(query) === second?.spanId),
      output,
    );
    const record = sink.logs.find(({ name }) => name === 'query');
    assert.equal(record?.traceId, requests.get('GET /express/:id')?.traceId, output);
  }

  for (const bundler of bundlerNames) {
    for (const format of ['cjs', 'esm'] as const) {
      for (const minify of [false, true]) {
        const isShort = minify
          ? false
          : bundler === 'esbuild' || format === 'esm'
            ? true
            : bundler === 'webpack';
        const title = `${bundler}, ${format}${minify ? ', minified' : ''}: routes, queries and log records`;
        test(title, { timeout, skip: !isShort && onlyAtFullSize }, async (t) => {
          const dependencies = ['pg', 'express', 'hono', 'pino', pgInstrumentation];
          const seen = await run(t, bundler, { format, minify, dependencies, files: { 'app.mjs': program } });
          if (seen === undefined) return;
          assert.deepEqual(seen.notices, []);
          assertSeen(seen.sink, seen.output);
        });
      }
    }

    const skip = bundler !== 'esbuild' && onlyAtFullSize;
    test(`${bundler}: with start() in the bundle, without node_modules`, { timeout, skip }, async (t) => {
      const files = {
        'app.mjs': `import './instrument.mjs'; ${program}`,
        'instrument.mjs': `
          import { PgInstrumentation } from '${pgInstrumentation}';
          import { start } from '@sonde/otel';
          start({ instrumentations: [new PgInstrumentation()] });`,
      };
      const seen = await run(t, bundler, { format: 'cjs', dependencies: [], files, isAlone: true });
      if (seen === undefined) return;
      assert.deepEqual(seen.notices, []);
      assertSeen(seen.sink, seen.output);
    });
  }

  test(
    'a library that nothing records is reported with the command that changes it',
    { timeout },
    async (t) => {
      const files = { 'app.mjs': `import pg from 'pg'; void pg;` };
      const seen = await run(t, 'esbuild', { format: 'cjs', dependencies: ['pg'], files });
      if (seen === undefined) return;
      assert.deepEqual(seen.notices, [
        'sonde: pg has no spans: npm install @opentelemetry/instrumentation-pg [SONDE_NOT_INSTRUMENTED]',
      ]);
    },
  );

  test('a library that was loaded before start() is reported', { timeout }, async (t) => {
    const files = {
      'app.mjs': `
        import pg from 'pg';
        import { PgInstrumentation } from '${pgInstrumentation}';
        import { start } from '@sonde/otel';
        void pg;
        start({ instrumentations: [new PgInstrumentation()] });`,
    };
    const seen = await run(t, 'esbuild', { format: 'cjs', dependencies: [], files, isAlone: true });
    if (seen === undefined) return;
    const remedy = 'call start() in the first module that the application imports [SONDE_NOT_INSTRUMENTED]';
    assert.deepEqual(
      seen.notices,
      ['pg', 'pg-pool'].map(
        (name) => `sonde: ${name} was loaded before Sonde and is not instrumented: ${remedy}`,
      ),
    );
  });

  test('the configurations of the guide load, and that of esbuild bundles', { timeout }, async (t) => {
    const node = await nodeUnderTest(t, process.versions.node);
    if (node === undefined) return;
    const snippets = (await readSnippets('docs/guide/bundling.md')).filter(({ text }) =>
      text.includes('@sonde/otel/bundler'),
    );
    assert.equal(snippets.length, 3);
    const configurations = snippets.map(({ text }, index) => [`config-${index}.mjs`, text] as const);
    const files = { 'app.js': `import pg from 'pg'; void pg;`, ...Object.fromEntries(configurations) };
    const cwd = await application(t, ['pg'], files);
    for (const [name] of configurations) {
      // oxlint-disable-next-line no-await-in-loop -- one process at a time
      await runApplication(node, [name], { cwd });
    }
    assert.match(await readFile(join(cwd, 'dist', 'app.cjs'), 'utf8'), /@sonde\/otel bundle/);
  });

  test("the plug-in marks the packages of upstream's instrumentations", { timeout }, async (t) => {
    const node = await nodeUnderTest(t, process.versions.node);
    if (node === undefined) return;
    const cwd = await application(t, ['@opentelemetry/auto-instrumentations-node'], {
      'app.cjs': `
        const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
        const { isBuiltin } = require('node:module');
        const names = getNodeAutoInstrumentations()
          .flatMap((each) => [each, ...Object.values(each)])
          .flatMap((part) => part?._modules ?? [])
          .map(({ name }) => name);
        console.log(JSON.stringify([...new Set(names)].filter((name) => !isBuiltin(name))));
        process.exit();`,
    });
    const { stdout } = await runApplication(node, ['app.cjs'], { cwd });
    const names = JSON.parse(stdout) as string[];
    assert.ok(names.length > 30, stdout);
    assert.deepEqual(
      names.filter((name) => !isHookedPackage(name)),
      ['@cucumber/cucumber'],
    );
  });
});
