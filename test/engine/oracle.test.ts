import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/random.ts';
import { corpus } from './corpus.ts';
import { RandomProgram } from './random-program.ts';
import { setting } from './random-setting.ts';
import { observe, type World } from './world.ts';

const programs = Number(process.env['SONDE_FUZZ_PROGRAMS'] ?? 500);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

/** Removes warnings about attributes: the lean engine does not read those of unrecorded spans. */
const compared = (diary: readonly string[]): readonly string[] =>
  diary.some((entry) => entry.startsWith('debug Recording is off'))
    ? diary.filter((entry) => !entry.startsWith('warn Invalid attribute'))
    : diary;

for (const [name, program] of Object.entries(corpus)) {
  test(name, async () => {
    const [standard, lean] = [await observe('standard', program), await observe('lean', program)];
    assert.ok(standard.length > 0);
    assert.deepEqual(lean, standard);
  });
}

test(`${programs} random programs are the same on both engines`, { timeout: 120_000 }, async (t) => {
  let entries = 0;
  for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
    const run = (engine: 'standard' | 'lean'): Promise<string[]> =>
      observe(engine, async (start) => {
        const random = new Random(seed);
        const world: World = start(setting(random, () => world));
        await new RandomProgram(random, world).run();
      });
    const [standard, lean] = [compared(await run('standard')), compared(await run('lean'))];
    entries += standard.length;
    const first = standard.findIndex((entry, index) => entry !== lean[index]);
    assert.equal(
      lean[first],
      standard[first],
      `SONDE_FUZZ_SEED=${seed} SONDE_FUZZ_PROGRAMS=1, entry ${first}`,
    );
    assert.equal(lean.length, standard.length, `SONDE_FUZZ_SEED=${seed} SONDE_FUZZ_PROGRAMS=1`);
  }
  t.diagnostic(`${entries} entries were compared`);
});
