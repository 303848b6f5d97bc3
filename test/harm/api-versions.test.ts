import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { peerModules } from '../conformance/peer-modules.ts';
import { isFullSize } from '../support/full-size.ts';
import { installation, project } from '../packaging/installation.ts';
import { Program } from '../support/program.ts';

// The application runs with any installed copy of @opentelemetry/api.

const timeout = 120_000;
const env = {
  NODE_OPTIONS: '',
  OTEL_TRACES_EXPORTER: 'console',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
};
const preloads = ['--require', '--import'] as const;

/** One of the ways to start in turn with the versions; all of them at full size. */
const inTurn = <Way>(ways: readonly Way[], index: number): readonly Way[] =>
  isFullSize ? ways : [ways[index % ways.length] as Way];

/** Copies a package into a project. */
async function install(modules: string, name: string, from: string): Promise<void> {
  const place = join(modules, name);
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true });
  await cp(from, place, { recursive: true });
}

/** Creates a project with the API that `api` writes into the given folder; undefined means no API. */
async function projectWith(
  t: TestContext,
  app: string,
  api: ((folder: string) => Promise<void>) | undefined,
): Promise<string> {
  const cwd = await project(t, { 'app.cjs': app });
  const modules = join(cwd, 'node_modules');
  await rm(modules);
  await mkdir(join(modules, '@opentelemetry'), { recursive: true });
  const home = join(await installation(), 'node_modules');
  for (const scope of ['', '@opentelemetry']) {
    for (const name of await readdir(join(home, scope))) {
      const path = join(scope, name);
      if (name !== '@opentelemetry' && name !== '@sonde' && path !== join('@opentelemetry', 'api')) {
        await symlink(join(home, path), join(modules, path), 'junction');
      }
    }
  }
  for (const name of ['@sonde/otel', '@sonde/exporters', '@sonde/router'])
    await install(modules, name, join(home, name));
  const folder = join(modules, '@opentelemetry', 'api');
  if (api !== undefined) await api(folder);
  return cwd;
}

/** Copies the API of this repository with another version number. */
const renamed =
  (version: string) =>
  async (folder: string): Promise<void> => {
    await cp(join(await installation(), 'node_modules', '@opentelemetry', 'api'), folder, {
      recursive: true,
    });
    for (const file of ['package.json', 'dist/version.cjs', 'dist/internal/global-utils.cjs']) {
      const text = await readFile(join(folder, file), 'utf8');
      await writeFile(join(folder, file), text.replaceAll('1.10.0', version));
    }
  };

const real =
  (version: string) =>
  async (folder: string): Promise<void> => {
    const modules = await peerModules('api-versions', join(import.meta.dirname, 'peers'));
    await cp(join(modules, `api-${version}`), folder, { recursive: true });
  };

const withCode =
  (code: string, version = '1.10.0') =>
  async (folder: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    const manifest = { name: '@opentelemetry/api', version, main: 'index.js' };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'index.js'), code);
  };

async function run(cwd: string, flag: string): Promise<Program> {
  await using program = new Program(process.execPath, [flag, '@sonde/otel/register', 'app.cjs'], {
    cwd,
    env,
  });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  return program;
}

const notices = ({ stderr }: Program): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('sonde: '));

/** Creates a span with the application's copy of the API. */
const tracing = `
  const { context, trace } = require('@opentelemetry/api');
  const span = trace.getTracer('app').startSpan('work');
  context.with(trace.setSpan(context.active(), span), () => {
    console.log('ran', span.isRecording(), trace.getSpan(context.active()) === span);
    span.end();
  });`;

const older = ['1.0.4', '1.3.0', '1.4.1', '1.7.0', '1.8.0', '1.9.0', '1.9.1'];
suite('an older API together with Sonde', { concurrency: 2 }, () => {
  for (const [index, version] of older.entries()) {
    for (const flag of inTurn(preloads, index)) {
      test(`${version}: the application runs and is traced, ${flag}`, { timeout }, async (t) => {
        const program = await run(await projectWith(t, tracing, real(version)), flag);
        assert.match(program.stdout, /^ran true true$/m, program.output);
        const [notice = '', ...more] = notices(program);
        assert.ok(notice.includes(version) && notice.includes('[SONDE_API_VERSION]'), program.stderr);
        assert.deepEqual(more, []);
      });
    }
  }
});

/** An ES module that starts Sonde itself. Its tracer is older than the tracer provider. */
const moduleApp = `
  import { context, trace } from '@opentelemetry/api';
  import { getLogger, start } from '@sonde/otel';
  const early = trace.getTracer('early');
  start({ serviceName: 'shop' });
  getLogger('app').info('logged');
  const span = trace.getTracer('app').startSpan('work');
  context.with(trace.setSpan(context.active(), span), () => {
    console.log('ran', span.isRecording(), trace.getSpan(context.active()) === span, early.startSpan('early').isRecording());
    span.end();
  });`;

suite('an older API together with Sonde, in an ES module', { concurrency: 2 }, () => {
  const ways = [[], ['--import', '@sonde/otel/register'], ['--require', '@sonde/otel/register']];
  for (const [index, version] of older.entries()) {
    for (const flags of inTurn(ways, index)) {
      const how = flags[0] ?? 'without a preload';
      test(`${version}: the application links, runs, and is traced, ${how}`, { timeout }, async (t) => {
        const cwd = await projectWith(t, '', real(version));
        await writeFile(join(cwd, 'app.mjs'), moduleApp);
        await using program = new Program(process.execPath, [...flags, 'app.mjs'], {
          cwd,
          env: { ...env, OTEL_LOGS_EXPORTER: 'console' },
        });
        assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
        assert.match(program.stdout, /^ran true true true$/m, program.output);
        assert.match(program.output, /logged/);
        const [notice = '', ...more] = notices(program).filter(
          (line) => !line.includes('SONDE_STARTED_TWICE'),
        );
        assert.ok(notice.includes(version) && notice.includes('[SONDE_API_VERSION]'), program.stderr);
        assert.deepEqual(more, []);
      });
    }
  }
});

/** A router that answers a request and a failing one, as an ES module and as CommonJS. */
const routerApp = `
  const router = createRouter()
    .get('/orders/:id', (c) => c.params.id)
    .get('/fails', () => { throw new Error('failed'); });
  router.listen().then(async ({ url }) => {
    const answer = await fetch(url + '/orders/7');
    console.log('answered', await answer.text(), (await fetch(url + '/fails')).status);
    process.exit();
  });`;
const routerApps = {
  'app.mjs': `import { createRouter } from '@sonde/router';\n${routerApp}`,
  'app.cjs': `const { createRouter } = require('@sonde/router');\n${routerApp}`,
};

suite('an older API together with the router', { concurrency: 2 }, () => {
  for (const version of older) {
    for (const flags of [[], ['--import', '@sonde/otel/register']]) {
      test(`${version}: it serves, ${flags[0] ?? 'without a preload'}`, { timeout }, async (t) => {
        const cwd = await projectWith(t, routerApps['app.cjs'], real(version));
        await writeFile(join(cwd, 'app.mjs'), routerApps['app.mjs']);
        for (const app of Object.keys(routerApps)) {
          await using program = new Program(process.execPath, [...flags, app], { cwd, env });
          assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
          assert.match(program.stdout, /^answered 7 500$/m, program.output);
        }
      });
    }
  }
});

suite('a newer API together with Sonde', { concurrency: 2 }, () => {
  for (const [index, version] of ['1.10.77', '1.11.0', '1.99.3'].entries()) {
    for (const flag of inTurn(preloads, index)) {
      test(`${version}: the application runs and is traced, ${flag}`, { timeout }, async (t) => {
        const program = await run(await projectWith(t, tracing, renamed(version)), flag);
        assert.match(program.stdout, /^ran true true$/m, program.output);
        assert.deepEqual(notices(program), []);
      });
    }
  }

  for (const flag of preloads) {
    test(`2.0.0: the application runs, ${flag}`, { timeout }, async (t) => {
      const program = await run(await projectWith(t, tracing, renamed('2.0.0')), flag);
      assert.match(program.stdout, /^ran false/m, program.output);
      const [notice = '', ...more] = notices(program);
      assert.ok(notice.includes('2.0.0') && notice.includes('is not exported'), program.stderr);
      assert.deepEqual(more, []);
    });
  }
});

const broken: Readonly<Record<string, ((folder: string) => Promise<void>) | undefined>> = {
  'that is missing': undefined,
  'that throws when it is loaded': withCode(`throw new Error('broken')`, '1.10.1'),
  'that is empty': withCode(`module.exports = {}`, '1.10.1'),
  'whose parts throw': withCode(`Object.defineProperty(exports, 'trace', { get() { throw 1 } })`, '1.10.1'),
  'of a version that is none': withCode(`module.exports = {}`, 'next'),
  'that throws and is of our version': withCode(`throw new Error('broken')`),
};
suite('another API together with Sonde', { concurrency: 2 }, () => {
  for (const [what, api] of Object.entries(broken)) {
    for (const flag of preloads) {
      test(`${what}: the application runs, ${flag}`, { timeout }, async (t) => {
        const program = await run(await projectWith(t, `console.log('ran');`, api), flag);
        assert.match(program.stdout, /^ran$/m, program.output);
        assert.ok(notices(program).length <= 1, program.stderr);
      });
    }
  }
});

suite('a Sonde package that fails to load', { concurrency: 2 }, () => {
  const files: Readonly<Record<string, readonly [name: string, notice: RegExp]>> = {
    'the hooks of modules': [
      'import-in-the-middle',
      /ES modules are not instrumented.*broken.*\[SONDE_ES_PACKAGES\]/,
    ],
    'the engine': ['@sonde/otel', /broken.*telemetry is disabled \[SONDE_START\]/],
  };
  for (const [what, [name, expected]] of Object.entries(files)) {
    for (const flag of preloads) {
      test(`${what}: the application runs, with one notice, ${flag}`, { timeout }, async (t) => {
        const cwd = await projectWith(t, `console.log('ran');`, renamed('1.10.0'));
        const modules = join(cwd, 'node_modules');
        const home = join(await installation(), 'node_modules');
        if (name === '@sonde/otel') {
          const dist = join(modules, name, 'dist');
          const started = (await readdir(dist)).filter((file) => file.startsWith('start-'));
          for (const file of started) await writeFile(join(dist, file), `throw new Error('broken')`);
        } else {
          await install(modules, name, join(home, name));
          await writeFile(join(modules, name, 'index.js'), `throw new Error('broken')`);
        }
        const program = await run(cwd, flag);
        assert.equal(program.stdout, 'ran\n', program.output);
        const [notice = '', ...more] = notices(program);
        assert.match(notice, expected, program.stderr);
        assert.deepEqual(more, []);
      });
    }
  }
});
