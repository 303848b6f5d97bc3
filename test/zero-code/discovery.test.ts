import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import { application, applications } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;
const express = '@opentelemetry/instrumentation-express';
const serverKind = 2;

/** An Express service that is asked for some paths, and ends. */
const service = (...paths: string[]): string =>
  source(
    'cjs',
    { express: 'express', 'node:events': '{ once }' },
    `const app = express();
    app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
    app.get('/{*any}', (request, response) => response.send('any'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (const path of ${JSON.stringify(paths)}) {
      await (await fetch('http://127.0.0.1:' + server.address().port + path)).text();
    }
    console.log('done');
    server.close();`,
  );

/** Result of a service: output, scopes of its spans, paths of its server spans. */
interface Seen {
  readonly child: Program;
  readonly scopes: readonly string[];
  readonly served: readonly unknown[];
}

interface Scene {
  readonly dependencies: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly paths?: readonly string[];
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function see(t: TestContext, node: string, scene: Scene): Promise<Seen> {
  const {
    dependencies,
    files = {},
    paths = ['/users/7'],
    preload = '@sonde/otel/register',
    env = {},
  } = scene;
  await using sink = await OtlpSink.start();
  const cwd = await application(t, dependencies, { 'app.cjs': service(...paths), ...files });
  const child = await runApplication(node, ['--require', preload, 'app.cjs'], { cwd, sink, env });
  assert.equal(child.stdout, 'done\n');
  return {
    child,
    scopes: [...new Set(sink.spans.map(({ scope }) => fromEngine(scope)))].toSorted(),
    served: sink.spans
      .filter(({ raw }) => raw['kind'] === serverKind)
      .map(({ attributes }) => attributes['url.path']),
  };
}

/** A scope by upstream's name: the lean engine has its own for incoming requests. */
const fromEngine = (scope: string): string =>
  scope.replace(/^@sonde\/(?=instrumentation-)/, '@opentelemetry/');

/** Lines on stderr without the start-up line. */
const notices = ({ stderr }: Program): string[] =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('sonde 0.1.0'));

/** A package of an instrumentation in the project's own `node_modules`. */
const instrumentation = (name: string, code: string): Record<string, string> => ({
  [`node_modules/@opentelemetry/instrumentation-${name}/package.json`]: JSON.stringify({
    name: `@opentelemetry/instrumentation-${name}`,
    version: '1.0.0',
    main: 'index.js',
  }),
  [`node_modules/@opentelemetry/instrumentation-${name}/index.js`]: code,
});

const http = '@opentelemetry/instrumentation-http';
const undici = '@opentelemetry/instrumentation-undici';

/** A test on the Node.js that runs it. */
function on(name: string, body: (t: TestContext, node: string) => Promise<void>): void {
  test(name, { timeout }, async (t) => {
    const node = await nodeUnderTest(t, process.versions.node);
    if (node !== undefined) await body(t, node);
  });
}

suite('instrumentations are discovered', { timeout: 4 * timeout }, () => {
  on('does not start instrumentations that the application does not depend on', async (t, node) => {
    const { scopes, child } = await see(t, node, { dependencies: ['express'] });
    assert.deepEqual(scopes, [http, undici]);
    assert.deepEqual(notices(child), []);
  });

  on('starts each instrumentation of auto-instrumentations-node once', async (t, node) => {
    const { scopes, served, child } = await see(t, node, {
      dependencies: ['@opentelemetry/auto-instrumentations-node', express, http, 'express'],
    });
    assert.ok(scopes.includes(express), String(scopes));
    assert.ok(scopes.includes('@opentelemetry/instrumentation-net'), String(scopes));
    assert.ok(!scopes.includes('@opentelemetry/instrumentation-fs'), String(scopes));
    assert.deepEqual(served, ['/users/7']);
    assert.deepEqual(notices(child), []);
  });

  on('finds instrumentations installed next to Sonde, for an application without either', async (t, node) => {
    const ops = join(await application(t, [express], {}), 'ops');
    const shared = await applications();
    await cp(join(shared, 'node_modules', '@sonde'), join(ops, 'node_modules', '@sonde'), {
      recursive: true,
    });
    await mkdir(ops, { recursive: true });
    await writeFile(join(ops, 'package.json'), JSON.stringify({ dependencies: { [express]: '*' } }));
    await writeFile(join(ops, 'instrument.cjs'), `require('@sonde/otel').start();`);
    const { scopes } = await see(t, node, {
      dependencies: ['express'],
      preload: join(ops, 'instrument.cjs'),
    });
    assert.ok(scopes.includes(express), String(scopes));
  });

  on('reports a broken instrumentation and starts the others', async (t, node) => {
    const broken = ['throws', 'constructor', 'empty', 'missing'].map(
      (name) => `@opentelemetry/instrumentation-${name}`,
    );
    const { scopes, child } = await see(t, node, {
      dependencies: [...broken, express, 'express'],
      files: {
        ...instrumentation('throws', `throw new Error('no such luck')`),
        ...instrumentation(
          'constructor',
          `exports.Late = class { constructor() { throw new Error('too late'); } enable() {} setTracerProvider() {} }`,
        ),
        ...instrumentation('empty', ''),
      },
    });
    assert.ok(scopes.includes(express), String(scopes));
    const said = notices(child);
    assert.equal(said.length, 4, child.stderr);
    const reasons = [
      /throws: .*no such luck/,
      /constructor: .*too late/,
      /empty: .*does not export/,
      /missing: .*Cannot find/,
    ];
    for (const [index, reason] of reasons.entries()) {
      assert.ok(
        said.some((line) => line.includes(broken[index] ?? '') && reason.test(line)),
        child.stderr,
      );
    }
  });

  on('a failing patch leaves the module unchanged', async (t, node) => {
    const { child } = await see(t, node, {
      dependencies: ['@opentelemetry/instrumentation-clumsy', 'express'],
      files: instrumentation(
        'clumsy',
        `const { InstrumentationBase, InstrumentationNodeModuleDefinition } = require('@opentelemetry/instrumentation');
        exports.Clumsy = class extends InstrumentationBase {
          constructor() { super('@opentelemetry/instrumentation-clumsy', '1.0.0', {}); }
          init() {
            return [new InstrumentationNodeModuleDefinition('express', ['*'], () => { throw new Error('slipped'); })];
          }
        }`,
      ),
    });
    assert.deepEqual(notices(child), [
      'sonde: express is not instrumented: @opentelemetry/instrumentation-clumsy failed: slipped [SONDE_NOT_INSTRUMENTED]',
    ]);
  });

  on('OTEL_NODE_DISABLED_INSTRUMENTATIONS disables instrumentations', async (t, node) => {
    const { scopes, served } = await see(t, node, {
      dependencies: [express, 'express'],
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express, undici' },
    });
    assert.deepEqual(scopes, [http]);
    assert.deepEqual(served, ['/users/7']);
  });

  on(
    'OTEL_NODE_ENABLED_INSTRUMENTATIONS enables only these, and unknown names are reported',
    async (t, node) => {
      const { scopes, child } = await see(t, node, {
        dependencies: [express, 'express'],
        env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici,expres' },
      });
      assert.deepEqual(scopes, [undici]);
      const [notice, ...others] = notices(child);
      assert.match(
        notice ?? '',
        /^sonde: instrumentation\.enabled \(OTEL_NODE_ENABLED_INSTRUMENTATIONS\) names "expres", which is unknown; known are .*\bexpress, .*\bundici\b.* \[SONDE_UNKNOWN_INSTRUMENTATION\]$/,
      );
      assert.deepEqual(others, []);
    },
  );

  on('options take precedence over variables, and instances of the user over both', async (t, node) => {
    const { scopes, served, child } = await see(t, node, {
      dependencies: [express, 'express'],
      preload: './instrument.cjs',
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' },
      paths: ['/users/7', '/mine', '/healthz'],
      files: {
        'instrument.cjs': `
          const { HttpInstrumentation } = require('${http}');
          require('@sonde/otel').start({
            instrumentation: { disabled: ['undici'], discover: false },
            instrumentations: [
              new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url }) => url === '/mine' }),
            ],
          });`,
      },
    });
    assert.deepEqual(scopes, [http]);
    assert.deepEqual(served, ['/users/7', '/healthz']);
    assert.deepEqual(notices(child), []);
  });

  on('health checks and metrics endpoints create no spans, by exact path', async (t, node) => {
    const health = ['/healthz', '/livez', '/readyz?verbose', '/health', '/ping', '/metrics'];
    const others = ['/healthz/deep', '/Healthz', '/a/ping'];
    const { served } = await see(t, node, { dependencies: ['express'], paths: [...health, ...others] });
    assert.deepEqual(served, others);
  });

  on('ignorePaths replaces the ignored paths', async (t, node) => {
    const { served } = await see(t, node, {
      dependencies: ['express'],
      paths: ['/healthz', '/status'],
      env: { SONDE_IGNORE_PATHS: '/status, /up' },
    });
    assert.deepEqual(served, ['/healthz']);
  });
});
