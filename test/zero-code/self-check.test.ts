import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { kinds } from '../packaging/loading.ts';
import { Program } from '../support/program.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;
const express = '@opentelemetry/instrumentation-express';
const register = ['--require', '@sonde/otel/register'];
const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

/** An application with an Express route that ends at once. */
const body = `express().get('/', (request, response) => response.end()); console.log('done');`;

async function readNotices(node: string, args: readonly string[], cwd: string): Promise<string[]> {
  const child = await runApplication(node, args, { cwd, env });
  assert.equal(child.stdout, 'done\n');
  return child.stderr.split('\n').filter((line) => line.startsWith('sonde: '));
}

function on(
  versions: readonly string[],
  name: string,
  check: (t: TestContext, node: string) => Promise<void>,
): void {
  for (const version of versions) {
    test(`${name}, on Node ${version}`, { timeout }, async (t) => {
      const node = await nodeUnderTest(t, version);
      if (node !== undefined) await check(t, node);
    });
  }
}

suite('reports packages that are not instrumented, and how to fix them', { timeout: 4 * timeout }, () => {
  on(versionsUnderTest, 'what was loaded before the start', async (t, node) => {
    const cwd = await application(t, [express, 'express'], {
      'app.cjs': `const express = require('express'); require('@sonde/otel').start(); ${body}`,
      'app.mjs': `import './instrument.mjs'; import express from 'express'; ${body}`,
      'instrument.mjs': `import { start } from '@sonde/otel'; start();`,
    });
    assert.deepEqual(await readNotices(node, ['app.cjs'], cwd), [
      'sonde: express was loaded before Sonde and is not instrumented: start with node --require ./instrument [SONDE_NOT_INSTRUMENTED]',
    ]);
    const [first, ...more] = await readNotices(node, ['app.mjs'], cwd);
    assert.match(first ?? '', /^sonde: express .*not instrumented.*--require \.\/instrument/);
    assert.deepEqual(more, []);
  });

  on([process.versions.node], 'a version that its instrumentation does not know', async (t, node) => {
    const cwd = await application(t, [express, 'express'], {
      'node_modules/express/package.json': `{ "name": "express", "version": "1.2.3" }`,
      'node_modules/express/index.js': `module.exports = () => ({ get() {} });`,
      'app.cjs': source('cjs', { express: 'express' }, body),
    });
    const [said, ...more] = await readNotices(node, [...register, 'app.cjs'], cwd);
    assert.match(
      said ?? '',
      new RegExp(`^sonde: express 1\\.2\\.3 is not instrumented: ${express} supports >=4`),
    );
    assert.deepEqual(more, []);
  });

  on(
    versionsUnderTest,
    'a version of an ES module that its instrumentation does not know',
    async (t, node) => {
      const cwd = await application(t, [express, 'express'], {
        'node_modules/express/package.json': `{ "name": "express", "version": "1.2.3", "type": "module" }`,
        'node_modules/express/index.js': `export default () => ({ get() {} });`,
        'app.mjs': source('mjs', { express: 'express' }, body),
      });
      const [said, ...more] = await readNotices(node, [...register, 'app.mjs'], cwd);
      assert.match(
        said ?? '',
        new RegExp(`^sonde: express 1\\.2\\.3 is not instrumented: ${express} supports >=4`),
      );
      assert.deepEqual(more, []);
    },
  );

  on([process.versions.node], 'while the process goes on', async (t, node) => {
    const cwd = await application(t, [express, 'express'], {
      'node_modules/express/package.json': `{ "name": "express", "version": "1.2.3" }`,
      'node_modules/express/index.js': '',
      'app.cjs': `
        require('express');
        require('node:http').createServer().listen(0, '127.0.0.1');`,
    });
    await using child = new Program(node, [...register, 'app.cjs'], {
      cwd,
      env: { ...env, NODE_OPTIONS: undefined },
    });
    await child.printed('[SONDE_NOT_INSTRUMENTED]');
  });

  on(
    [process.versions.node],
    'a library that nothing records, with the command that changes it',
    async (t, node) => {
      const uses = { pg: 'pg' };
      const cwd = await application(t, ['pg'], {
        'app.cjs': source('cjs', uses, `console.log('done');`),
        'app.mjs': source('mjs', uses, `console.log('done');`),
      });
      const traced = { ...env, OTEL_TRACES_EXPORTER: 'console' };
      for (const kind of kinds) {
        const { stderr } = await runApplication(node, [...register, `app.${kind}`], { cwd, env: traced });
        const notices = stderr.split('\n').filter((line) => line.startsWith('sonde: '));
        assert.deepEqual(notices, [
          'sonde: pg has no spans: npm install @opentelemetry/instrumentation-pg [SONDE_NOT_INSTRUMENTED]',
        ]);
      }
      const accepted = { ...traced, OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg' };
      const { stderr } = await runApplication(node, [...register, 'app.cjs'], { cwd, env: accepted });
      assert.doesNotMatch(stderr, /has no spans/);
    },
  );

  on([process.versions.node], 'nothing, of what is in order or not in use', async (t, node) => {
    const all = [
      '@opentelemetry/auto-instrumentations-node',
      'express',
      'koa',
      'pg',
      'pino',
      '@grpc/grpc-js',
    ];
    const cwd = await application(t, all, {
      'app.mjs': source(
        'mjs',
        { express: 'express', pg: 'pg', 'node:http': 'http', 'node:https': 'https' },
        body,
      ),
      'app.cjs': source('cjs', { express: 'express', pino: 'pino' }, body),
    });
    for (const flags of [register, ['--import', '@sonde/otel/register']]) {
      for (const kind of kinds) assert.deepEqual(await readNotices(node, [...flags, `app.${kind}`], cwd), []);
    }
  });
});

suite('a bundled application runs as before', { timeout: 4 * timeout }, () => {
  interface Esbuild {
    readonly build: (options: object) => Promise<unknown>;
  }

  for (const kind of kinds) {
    for (const minify of [false, true]) {
      on([process.versions.node], `${kind}${minify ? ', minified' : ''}, and says so`, async (t, node) => {
        const cwd = await application(t, [express, 'express'], {
          'app.mjs': source(
            'mjs',
            { express: 'express', 'node:events': '{ once }' },
            `const server = express().get('/', (request, response) => response.end('done')).listen(0, '127.0.0.1');
            once(server, 'listening').then(async () => {
              console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
              server.close();
            });`,
          ),
        });
        const { build }: Esbuild = createRequire(join(cwd, 'app.mjs'))('esbuild');
        const banner =
          kind === 'mjs'
            ? `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
            : '';
        const outfile = join(cwd, 'dist', `app.${kind}`);
        const format = kind === 'mjs' ? 'esm' : 'cjs';
        await build({
          entryPoints: [join(cwd, 'app.mjs')],
          outfile,
          bundle: true,
          platform: 'node',
          format,
          minify,
          banner: { js: banner },
          legalComments: 'none',
        });
        assert.deepEqual(await readNotices(node, [...register, outfile], cwd), [
          'sonde: express is bundled into the application and not instrumented: use the plug-in of @sonde/otel/bundler, or leave it out of the bundle [SONDE_NOT_INSTRUMENTED]',
        ]);
      });
    }
  }
});
