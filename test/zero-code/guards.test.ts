import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';

const timeout = 120_000;
const started = 'sonde 0.1.0 ';
const times = (text: string, part: string): number => text.split(part).length - 1;

/** A test on one version of Node.js, or on each. */
function on(
  versions: readonly string[],
  name: string,
  body: (t: TestContext, node: string) => Promise<void>,
): void {
  for (const version of versions) {
    test(`${name}, on Node ${version}`, { timeout }, async (t) => {
      const node = await nodeUnderTest(t, version);
      if (node !== undefined) await body(t, node);
    });
  }
}

const current = [process.versions.node];
const register = ['--require', '@sonde/otel/register'];

/** Sends one request to its own node:http server. */
const askOnce = `
  const http = require('node:http');
  const { once } = require('node:events');
  const askOnce = async () => {
    const server = http.createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [response] = await once(http.get({ host: '127.0.0.1', port: server.address().port }), 'response');
    for await (const chunk of response);
    server.close();
  };`;

suite('one pipeline in one process', { timeout: 8 * timeout }, () => {
  on(versionsUnderTest, 'a worker thread has none, and takes none away', async (t, node) => {
    await using sink = await OtlpSink.start();
    const cwd = await application(t, [], {
      'app.cjs': `${askOnce}
        const { Worker } = require('node:worker_threads');
        new Worker('./worker.cjs').once('exit', async (code) => {
          console.log('worker', code);
          await askOnce();
        });`,
      'worker.cjs': `${askOnce} askOnce().then(() => console.log('asked'));`,
    });
    const env = {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
    };
    const child = await runApplication(node, [...register, 'app.cjs'], { cwd, sink, env });
    assert.equal(child.stdout, 'asked\nworker 0\n');
    assert.equal(times(child.stderr, '\n'), 1, child.stderr);
    assert.equal(sink.spans.length, 2, 'of the main thread alone');
  });

  on(versionsUnderTest, 'a loader thread has none', async (t, node) => {
    await using sink = await OtlpSink.start();
    const cwd = await application(t, [], {
      'app.cjs': `${askOnce}
        const { register } = require('node:module');
        register('data:text/javascript,export const resolve = (specifier, context, next) => next(specifier)');
        import('./more.mjs').then(askOnce);`,
      'more.mjs': `console.log('loaded');`,
    });
    const child = await runApplication(node, [...register, 'app.cjs'], { cwd, sink });
    assert.equal(child.stdout, 'loaded\n');
    assert.equal(times(child.stderr, started), 1, child.stderr);
    assert.equal(sink.spans.length, 2);
  });

  const doubles: Readonly<Record<string, string[]>> = {
    '--require twice': [...register, ...register],
    '--require and --import': [...register, '--import', '@sonde/otel/register'],
    'register and an instrumentation file': [...register, '--require', './instrument.cjs'],
    'a CommonJS and an ES module file': ['--require', './instrument.cjs', '--import', './instrument.mjs'],
  };
  for (const [name, flags] of Object.entries(doubles)) {
    on(current, `preloaded twice: ${name}`, async (t, node) => {
      await using sink = await OtlpSink.start();
      const cwd = await application(t, [], {
        'app.cjs': `${askOnce} askOnce();`,
        'instrument.cjs': `require('@sonde/otel').start();`,
        'instrument.mjs': `import { start } from '@sonde/otel'; start();`,
      });
      const child = await runApplication(node, [...flags, 'app.cjs'], { cwd, sink });
      assert.equal(times(child.stderr, started), 1, child.stderr);
      assert.equal(sink.spans.length, 2, child.output);
      const points = sink.metrics.filter((metric) => metric.name === 'http.server.request.duration');
      assert.equal(points.length, 1);
    });
  }
});

suite('processes that inherit NODE_OPTIONS', { timeout: 4 * timeout }, () => {
  const env = { NODE_OPTIONS: '--require @sonde/otel/register' };

  on(current, 'npm and npx have no pipeline, what they start has', async (t, node) => {
    await using sink = await OtlpSink.start();
    const cwd = await application(t, [], {
      'package.json': `{ "name": "consumer", "version": "1.2.3", "scripts": { "start": "node app.cjs" } }`,
      'app.cjs': `${askOnce} askOnce();`,
      'run.cjs': `
        const { spawnSync } = require('node:child_process');
        const env = { ...process.env, ...${JSON.stringify(env)} };
        for (const [command, ...args] of [['npm', 'start'], ['npx', '--no-install', '--call', 'node app.cjs']]) {
          process.stderr.write(spawnSync(command, args, { env }).stderr);
        }`,
    });
    const child = await runApplication(node, ['run.cjs'], { cwd, sink });
    const names = sink.spans.map(({ resource }) => resource['service.name']);
    assert.deepEqual(names, ['consumer', 'consumer', 'consumer', 'consumer'], child.output);
    assert.equal(times(child.stderr, started), 2, child.stderr);
  });

  on(current, 'pnpm, Yarn and Corepack have no pipeline', async (t, node) => {
    const programs = [
      'node_modules/pnpm/bin/pnpm.cjs',
      'node_modules/yarn/bin/yarn.js',
      '.yarn/releases/yarn-4.9.2.cjs',
      'cache/corepack/v1/yarn/4.9.2/yarn.js',
    ];
    const manifests = ['pnpm', 'yarn'].map((name) => [
      `node_modules/${name}/package.json`,
      JSON.stringify({ name }),
    ]);
    const cwd = await application(t, [], {
      ...Object.fromEntries([...programs.map((path) => [path, '']), ...manifests]),
      'pnpm.js': '',
    });
    for (const program of programs) {
      const child = await runApplication(node, [...register, program], { cwd });
      assert.equal(child.stderr, '', program);
    }
    const own = await runApplication(node, [...register, 'pnpm.js'], { cwd });
    assert.equal(times(own.stderr, started), 1, 'a program of the same name is an application');
  });

  on(current, 'a child of the application has its own, and says that the page is taken', async (t, node) => {
    await using sink = await OtlpSink.start();
    const port = await freePort();
    const cwd = await application(t, [], {
      'app.cjs': `${askOnce}
        const { fork } = require('node:child_process');
        const page = async () => (await fetch('http://localhost:${port}/metrics')).status;
        const run = async () => {
          for (;;) if ((await page().catch(() => 0)) === 200) break;
          await askOnce();
          const [code] = await once(fork('./child.cjs'), 'exit');
          console.log(code, await page());
        };
        run();`,
      'child.cjs': `${askOnce} askOnce();`,
    });
    const child = await runApplication(node, ['app.cjs'], {
      cwd,
      sink,
      env: {
        ...env,
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
        OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici',
      },
    });
    assert.equal(child.stdout, '0 200\n', child.output);
    const pids = new Set(sink.spans.map(({ resource }) => resource['process.pid']));
    const instances = new Set(sink.spans.map(({ resource }) => resource['service.instance.id']));
    assert.deepEqual([pids.size, instances.size], [2, 2], child.output);
    const said = child.stderr.split('\n').filter((line) => line.startsWith('sonde: '));
    assert.equal(said.length, 1, child.stderr);
    assert.match(said[0] ?? '', new RegExp(`${port}.*\\[SONDE_PROMETHEUS_\\w+\\]$`));
  });
});
