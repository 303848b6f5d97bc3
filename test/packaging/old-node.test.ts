import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { needs } from '../support/needs.ts';
import { nodeBinary } from '../support/node-versions.ts';
import { Program } from '../support/program.ts';
import { project } from './installation.ts';
import { type Kind, kinds, program } from './loading.ts';

const timeout = 120_000;
const versions = ['18.20.8', '20.19.0'] as const;

/** Program that uses every feature of the package. */
const app = (kind: Kind): string =>
  program(
    kind,
    {
      '@sonde/otel': [
        'start',
        'getLogger',
        'counter',
        'histogram',
        'span',
        'traced',
        'timed',
        'countExceptions',
      ],
    },
    `const sonde = start({ serviceName: 'old' });
    getLogger('app').child({ a: 1 }).error('message', new Error('no', { cause: 'c' }));
    const work = countExceptions(counter('errors'), timed(histogram('duration'), traced('work', (n) => n + 1)));
    console.log(work(1), await span('async', async () => 'done'));
    await sonde.flush();
    await sonde.shutdown();`,
  );

for (const version of versions) {
  suite(`unsupported Node ${version}`, { timeout: 3 * timeout }, () => {
    for (const kind of kinds) {
      const stranger = `console.log(2, 'done');`;
      const ways = [
        { name: 'register', args: ['@sonde/otel/register'], files: { [`app.${kind}`]: stranger } },
        { name: 'a program that uses it', args: [], files: { [`app.${kind}`]: app(kind) } },
        { name: 'both', args: ['@sonde/otel/register'], files: { [`app.${kind}`]: app(kind) } },
      ];
      for (const { name, args, files } of ways) {
        test(`${name} (${kind}): logs once, and the application runs`, { timeout }, async (t) => {
          const node = await nodeBinary(version).catch(() => undefined);
          if (node === undefined) return needs(t, `Node ${version} from npm`);
          const cwd = await project(t, files);
          const flags = args.flatMap((preload) => [kind === 'cjs' ? '--require' : '--import', preload]);
          await using child = new Program(node, [...flags, `app.${kind}`], {
            cwd,
            env: { NODE_OPTIONS: undefined },
          });
          assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
          assert.equal(child.stdout, '2 done\n');
          assert.equal(
            child.stderr,
            `sonde: Node.js >= 22.15 is required (found ${version}): telemetry is disabled [SONDE_NODE_VERSION]\n`,
          );
        });
      }
    }

    test('the sonde command names the version that it needs', { timeout }, async (t) => {
      const node = await nodeBinary(version).catch(() => undefined);
      if (node === undefined) return needs(t, `Node ${version} from npm`);
      await using child = new Program(node, ['packages/dev/bin/sonde.mjs', 'dev'], {
        cwd: join(import.meta.dirname, '../..'),
        env: { NODE_OPTIONS: undefined },
      });
      assert.deepEqual(await child.ended, { code: 1, signal: null });
      assert.equal(child.output, `sonde: Node.js >= 22.15 is required (found ${version})\n`);
    });
  });
}
