import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeBinary, nodeVersions } from '../support/node-versions.ts';
import { Program } from '../support/program.ts';
import { project } from './installation.ts';

const timeout = 120_000;

const body = `
  const telemetry = startTesting();
  try {
    traced('work', () => { getLogger('app').info('hello'); counter('done').add(1); throw new Error('no'); })();
  } catch {}
  const [work] = telemetry.spans();
  const [hello] = telemetry.logs();
  telemetry.metrics().then(([done]) => {
    console.log(work.name, work.status, work.events.length, hello.spanId === work.spanId, done.points[0].value);
    telemetry[Symbol.dispose]();
    telemetry[Symbol.asyncDispose]().then(() => console.log(telemetry.spans().length));
  });`;

const names = '{ counter, getLogger, traced }';

/** The testing entry point and the API from different builds share one state. */
const programs = {
  'all.cjs': `const { startTesting } = require('@sonde/otel/testing'); const ${names} = require('@sonde/otel');`,
  'all.mjs': `import { startTesting } from '@sonde/otel/testing'; import ${names} from '@sonde/otel';`,
  'crossed.mjs': `import { createRequire } from 'node:module';
    const { startTesting } = createRequire(import.meta.url)('@sonde/otel/testing');
    import ${names} from '@sonde/otel';`,
};

for (const version of [...nodeVersions, process.versions.node]) {
  test(`telemetry in memory, from the installed package, on Node ${version}`, { timeout }, async (t) => {
    const node = version === process.versions.node ? process.execPath : await nodeBinary(version);
    const files = Object.entries(programs).map(([name, head]) => [name, head + body]);
    const cwd = await project(t, Object.fromEntries(files) as Record<string, string>);
    for (const name of Object.keys(programs)) {
      await using program = new Program(node, [name], { cwd, env: { NODE_OPTIONS: undefined } });
      assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
      assert.equal(program.output, 'work error 1 true 1\n1\n', name);
    }
  });
}
