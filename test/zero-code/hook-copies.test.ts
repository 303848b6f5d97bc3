import assert from 'node:assert/strict';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { application, applications } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';

const timeout = 120_000;

/** An instrumentation that makes `greet()` of an ES module say so. Each brings its own base, and its own hooks. */
const instrumentation = (target: string): string => `
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = require('@opentelemetry/instrumentation');
  exports.GreetingInstrumentation = class extends InstrumentationBase {
    constructor() { super('@opentelemetry/instrumentation-${target}', '1.0.0', {}); }
    init() {
      return [
        new InstrumentationNodeModuleDefinition('${target}', ['*'], (exports) => {
          const { greet } = exports;
          exports.greet = () => greet() + ' (instrumented)';
          return exports;
        }),
      ];
    }
  }`;

/** No exporters: the tests read the output. */
const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

const targets = ['morning', 'evening'];

/**
 * An application in ES modules with two instrumentations, of which each carries a copy of import-in-the-middle of its
 * own; Sonde has a third.
 */
async function greetings(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const names = targets.map((target) => `@opentelemetry/instrumentation-${target}`);
  const packages = targets.flatMap((target) => {
    const home = `node_modules/@opentelemetry/instrumentation-${target}`;
    const manifest = { version: '1.0.0', main: 'index.js' };
    return [
      [
        `${home}/package.json`,
        JSON.stringify({ ...manifest, name: `@opentelemetry/instrumentation-${target}` }),
      ],
      [`${home}/index.js`, instrumentation(target)],
      [`node_modules/${target}/package.json`, JSON.stringify({ ...manifest, name: target, type: 'module' })],
      [`node_modules/${target}/index.js`, `export const greet = () => 'good ${target}';`],
    ];
  });
  const directory = await application(t, [...names, ...targets], {
    'app.mjs': `
      import { greet as morning } from 'morning';
      import { greet as evening } from 'evening';
      console.log(morning() + ', ' + evening());`,
    ...Object.fromEntries(packages),
    ...files,
  });
  const shared = join(await applications(), '..', '..', 'node_modules');
  for (const name of names) {
    for (const carried of ['@opentelemetry/instrumentation', 'import-in-the-middle']) {
      const copy = join(directory, 'node_modules', name, 'node_modules', carried);
      await cp(join(shared, carried), copy, { recursive: true });
    }
  }
  return directory;
}

const both = 'good morning (instrumented), good evening (instrumented)\n';

for (const version of versionsUnderTest) {
  suite(
    `every copy of import-in-the-middle is redirected to Sonde's, on Node ${version}`,
    { timeout: 3 * timeout },
    () => {
      const preloads: Readonly<Record<string, { flags: string[]; files?: Record<string, string> }>> = {
        'instrumentations that are discovered': { flags: ['--require', '@sonde/otel/register'] },
        'instrumentations that a CommonJS preload requires before the start': {
          flags: ['--require', './instrument.cjs'],
          files: {
            'instrument.cjs': `
            const morning = require('@opentelemetry/instrumentation-morning');
            const evening = require('@opentelemetry/instrumentation-evening');
            const { start } = require('@sonde/otel');
            start({
              instrumentations: [new morning.GreetingInstrumentation(), new evening.GreetingInstrumentation()],
            });`,
          },
        },
        'instrumentations that an ES module imports before the start': {
          flags: ['--import', './instrument.mjs'],
          files: {
            'instrument.mjs': `
            import morning from '@opentelemetry/instrumentation-morning';
            import evening from '@opentelemetry/instrumentation-evening';
            import { start } from '@sonde/otel';
            start({
              instrumentations: [new morning.GreetingInstrumentation(), new evening.GreetingInstrumentation()],
            });`,
          },
        },
        "together with upstream's loader": {
          flags: ['--import', './loader.mjs', '--require', '@sonde/otel/register'],
          files: {
            'loader.mjs': `
            import { register } from 'node:module';
            register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);`,
          },
        },
      };
      for (const [name, { flags, files }] of Object.entries(preloads)) {
        test(name, { timeout }, async (t) => {
          const node = await nodeUnderTest(t, version);
          if (node === undefined) return;
          const cwd = await greetings(t, files);
          const child = await runApplication(node, [...flags, 'app.mjs'], { cwd, env });
          assert.equal(child.stdout, both, child.stderr);
        });
      }
    },
  );
}

/** Program that starts an instrumentation and then loads the module that it patches. */
const later = (how: string): string => `
  ${how}
  const { GreetingInstrumentation } = await load('./carrier/index.js');
  new GreetingInstrumentation();
  const { greet } = await import('morning');
  console.log(greet());`;

for (const version of versionsUnderTest) {
  const name = `a copy that the application loads later is Sonde's too, on Node ${version}`;
  test(name, { timeout }, async (t) => {
    const node = await nodeUnderTest(t, version);
    if (node === undefined) return;
    const cwd = await greetings(t, {
      'carrier/index.js': instrumentation('morning'),
      'required.mjs': later(`
        import { createRequire } from 'node:module';
        const load = createRequire(import.meta.url);`),
      'imported.mjs': later(`const load = async (path) => (await import(path)).default;`),
    });
    const carried = join('node_modules', '@opentelemetry', 'instrumentation-evening', 'node_modules');
    await cp(join(cwd, carried), join(cwd, 'carrier', 'node_modules'), { recursive: true });
    for (const program of ['required.mjs', 'imported.mjs']) {
      const child = await runApplication(node, ['--require', '@sonde/otel/register', program], { cwd, env });
      assert.equal(child.stdout, 'good morning (instrumented) (instrumented)\n', child.stderr);
    }
  });
}

test('no bundle of Sonde contains import-in-the-middle', { timeout }, async (t) => {
  if ((await nodeUnderTest(t, process.versions.node)) === undefined) return;
  const ours = join(await applications(), 'node_modules', '@sonde');
  const files = (await readdir(ours, { recursive: true })).filter((path) =>
    /dist[/\\].*\.[cm]js$/.test(path),
  );
  assert.ok(files.length > 0);
  for (const file of files) {
    const text = await readFile(join(ours, file), 'utf8');
    assert.ok(!/iitm=|node_modules\/es-module-lexer|ModuleBinder/.test(text), file);
  }
});
