import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { onlyAtFullSize } from '../support/full-size.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { type Bundler, bundle, bundlerNames, type Format, lockedBundlers } from './bundlers.ts';
import { installation, project } from './installation.ts';

const timeout = 120_000;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The first part of a specifier or path, with its scope. */
const packageName = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** Bundled packages, from the module comments of the bundler. */
const packagesIn = (code: string): Set<string> =>
  new Set(
    Array.from(code.matchAll(/^\/\/(?:#region)? ?\S*node_modules\/(\S+)/gm), ([, path]) =>
      packageName(path ?? ''),
    ),
  );

/** Code of both builds of an installed package. */
async function installed(build = 'cm'): Promise<{ manifest: Manifest; code: string; licenses: string }> {
  const home = join(await installation(), 'node_modules', '@sonde', 'otel');
  const names = (await readdir(join(home, 'dist'))).filter(
    (name) => /\.[cm]js$/.test(name) && build.includes(name.at(-3) ?? ''),
  );
  const files = await Promise.all(names.map((name) => readFile(join(home, 'dist', name), 'utf8')));
  return {
    manifest: JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest,
    code: files.join('\n'),
    licenses: await readFile(join(home, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8'),
  };
}

test('the license of each bundled package is listed next to the bundle', { timeout }, async () => {
  const { code, licenses } = await installed();
  const inside = packagesIn(code);
  assert.ok(inside.has('@opentelemetry/sdk-trace'), 'the SDK is a part of the bundle');
  for (const name of inside) assert.ok(licenses.includes(`\n${name} `), name);
  for (const words of ['Apache License', 'Permission is hereby granted'])
    assert.ok(licenses.includes(words), words);
  assert.doesNotMatch(licenses, /^License: /m, 'each in its own words');
});

test('the CommonJS builds are strict, as their sources are', { timeout }, async () => {
  for (const name of ['otel', 'exporters', 'router']) {
    const dist = join(await installation(), 'node_modules', '@sonde', name, 'dist');
    const files = (await readdir(dist)).filter((file) => file.endsWith('.cjs'));
    assert.ok(files.length > 0, name);
    for (const file of files) {
      const code = await readFile(join(dist, file), 'utf8');
      assert.ok(code.startsWith('"use strict";'), `${name}/dist/${file}`);
    }
  }
});

test(
  'what has to be one copy is not in the bundle, and what is not in it is a dependency',
  { timeout },
  async () => {
    const { code, manifest } = await installed();
    const named = Array.from(
      code.matchAll(/^(?:import|export) .*from "([^"]+)"|[rR]equire(?:\(\))?\("([^"]+)"\)/gm),
      ([, imported, required]) => imported ?? required ?? '',
    );
    const outside = new Set(
      named.filter((name) => !name.startsWith('.') && !isBuiltin(name)).map(packageName),
    );
    const known = { ...manifest.dependencies, ...manifest.peerDependencies };
    assert.ok(outside.has('import-in-the-middle') && !packagesIn(code).has('import-in-the-middle'));
    // Both builds use the installed copy of the API where it is recent enough, and their own else.
    const [modules, commonJs] = [await installed('m'), await installed('c')];
    for (const each of [modules, commonJs]) assert.ok(packagesIn(each.code).has('@opentelemetry/api'));
    assert.match(modules.code, /^import \* as \w+ from "@opentelemetry\/api";$/m);
    assert.deepEqual(
      [...outside].filter((name) => !(name in known)),
      [],
    );
  },
);

test(
  'the packages whose types are public stay dependencies, and the SDK that a file needs an optional peer',
  { timeout },
  async () => {
    const { manifest } = await installed();
    for (const name of ['api', 'instrumentation', 'sdk-logs', 'sdk-metrics', 'sdk-trace']) {
      assert.ok(`@opentelemetry/${name}` in manifest.dependencies, name);
    }
    assert.ok('@opentelemetry/sdk-node' in manifest.peerDependencies);
    assert.ok('@sonde/exporters' in manifest.dependencies);
  },
);

/** Uses all three packages and built-in instrumentation, then exits. */
const application = (end: string): string => `
  import { createServer, get } from 'node:http';
  import { PrometheusExporter } from '@sonde/exporters';
  import { counter, getLogger, span } from '@sonde/otel';
  import { createRouter } from '@sonde/router';

  const log = getLogger('bundled');
  const router = createRouter();
  router.get('/hello/:name', ({ params }) => {
    log.info('greeted');
    counter('greetings').add(1);
    return new Response('hello ' + params.name);
  });
  const main = async () => {
    const server = await router.listen({ port: 0, host: '127.0.0.1' });
    const answer = await fetch('http://127.0.0.1:' + server.port + '/hello/ada');
    console.log(await answer.text(), typeof PrometheusExporter);
    await server.close();
    const plain = createServer((request, response) => response.end());
    plain.listen(0, '127.0.0.1', () => {
      get({ host: '127.0.0.1', port: plain.address().port, path: '/plain' }, (response) => {
        response.resume().once('end', async () => {
          await span('last', async () => log.info('ending'));
          plain.close();
          ${end}
        });
      });
    });
  };
  main();
`;

/** The same program, written with `require()`. */
const asCommonJs = (source: string): string =>
  source.replaceAll(/import \{ (.*) \} from '(.*)';/g, "const { $1 } = require('$2');");

const withSetUp = {
  'set-up.mjs': `import { start } from '@sonde/otel'; start({ serviceName: 'bundled' });`,
  'app.mjs': `import './set-up.mjs'; ${application('process.exit(0);')}`,
};

/** Bundles an application; undefined, with the test skipped, when the bundlers cannot be installed. */
async function bundled(
  t: TestContext,
  bundler: Bundler,
  cwd: string,
  format: Format,
  options: { readonly entry?: string; readonly minify?: boolean; readonly external?: boolean } = {},
): Promise<string | undefined> {
  try {
    await lockedBundlers();
  } catch (error) {
    needs(t, `packages from the registry of npm: ${(error as Error).message.slice(0, 300)}`);
    return undefined;
  }
  const { entry = 'app.mjs', minify = false, external = false } = options;
  return bundle(bundler, { cwd, entry, outDir: join(cwd, 'out'), format, minify, external });
}

async function assertComplete(program: Program, sink: OtlpSink): Promise<void> {
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  await sink.settled();
  assert.equal(program.stdout, 'hello ada function\n');
  assert.match(program.stderr, /^sonde 0\.1\.0 .*\n$/, 'the start-up line and no notice');
  const names = sink.spans.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ['GET', 'GET', 'GET', 'GET /hello/:name', 'last']);
  const last = sink.spans.find(({ name }) => name === 'last');
  const records = new Map(sink.logs.map(({ name, traceId }) => [name, traceId === last?.traceId]));
  assert.deepEqual(
    records,
    new Map([
      ['greeted', false],
      ['ending', true],
    ]),
  );
  assert.ok(sink.metrics.some(({ name }) => name === 'greetings'));
}

for (const bundler of bundlerNames) {
  suite(`an application bundled with ${bundler}`, { timeout: 8 * timeout }, () => {
    for (const format of ['cjs', 'esm'] as const) {
      for (const minify of [false, true]) {
        const name = `${format}${minify ? ', minified' : ''}`;
        const isPlainCjs = format === 'cjs' && !minify;
        const isMinifiedEsm = format === 'esm' && minify;
        const preloaded = { timeout, skip: !isPlainCjs && onlyAtFullSize };
        test(`${name}: with --require @sonde/otel/register`, preloaded, async (t) => {
          const cwd = await project(t, { 'app.mjs': application('') });
          const file = await bundled(t, bundler, cwd, format, { minify });
          if (file === undefined) return;
          await using sink = await OtlpSink.start();
          await using program = new Program(process.execPath, ['--require', '@sonde/otel/register', file], {
            cwd,
            env: environment(sink),
          });
          await assertComplete(program, sink);
        });

        const included = { timeout, skip: !isMinifiedEsm && onlyAtFullSize };
        test(`${name}: with start() in the bundle, without node_modules`, included, async (t) => {
          const cwd = await project(t, withSetUp);
          const file = await bundled(t, bundler, cwd, format, { minify });
          if (file === undefined) return;
          const elsewhere = await mkdtemp(join(tmpdir(), 'sonde-bundle-'));
          t.after(() => rm(elsewhere, { recursive: true, force: true }));
          await cp(dirname(file), elsewhere, { recursive: true });
          await using sink = await OtlpSink.start();
          await using program = new Program(process.execPath, [basename(file)], {
            cwd: elsewhere,
            env: environment(sink),
          });
          await assertComplete(program, sink);
        });
      }
    }
  });
}

suite('an application with require(), bundled as CommonJS', { timeout: 8 * timeout }, () => {
  for (const bundler of bundlerNames.filter((name) => name !== 'vite (SSR)')) {
    const skip = !['esbuild', 'webpack'].includes(bundler) && onlyAtFullSize;
    test(`${bundler}: with --require @sonde/otel/register`, { timeout, skip }, async (t) => {
      const cwd = await project(t, { 'app.cjs': asCommonJs(application('')) });
      const file = await bundled(t, bundler, cwd, 'cjs', { entry: 'app.cjs' });
      if (file === undefined) return;
      await using sink = await OtlpSink.start();
      await using program = new Program(process.execPath, ['--require', '@sonde/otel/register', file], {
        cwd,
        env: environment(sink),
      });
      await assertComplete(program, sink);
    });
  }
});

suite('an application bundled with external packages', { timeout: 2 * timeout }, () => {
  for (const format of ['cjs', 'esm'] as const) {
    test(format, { timeout }, async (t) => {
      const cwd = await project(t, { 'app.mjs': application('') });
      const file = await bundled(t, 'esbuild', cwd, format, { external: true });
      if (file === undefined) return;
      await using sink = await OtlpSink.start();
      await using program = new Program(process.execPath, ['--require', '@sonde/otel/register', file], {
        cwd,
        env: environment(sink),
      });
      await assertComplete(program, sink);
    });
  }
});

const environment = (sink: OtlpSink): Record<string, string | undefined> => ({
  NODE_OPTIONS: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
  SONDE_LOG_CONSOLE: 'false',
});
