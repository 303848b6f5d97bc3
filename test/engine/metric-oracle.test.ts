import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/random.ts';
import { metricCorpus } from './metric-corpus.ts';
import { observeMetrics } from './metric-world.ts';
import { observableCorpus } from './observable-corpus.ts';
import { RandomMetricProgram } from './random-metric-program.ts';
import { metricSetting } from './random-metric-setting.ts';
import { viewCorpus } from './view-corpus.ts';

const programs = Number(process.env['SONDE_FUZZ_PROGRAMS'] ?? 500);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

/** Messages that differ between the engines, with their counts. */
const ownWords = [
  'warn Invalid metric name',
  'warn A view or instrument with the name',
  'warn Invalid MeterProvider',
  'warn Exponential Histogram Max Size',
  "warn metric '",
];

const compared = (diary: readonly string[]): readonly string[] =>
  diary.filter((entry) => !ownWords.some((words) => entry.startsWith(words)));

for (const [name, program] of Object.entries({ ...metricCorpus, ...viewCorpus, ...observableCorpus })) {
  test(name, async () => {
    const [standard, lean] = [
      await observeMetrics('standard', program),
      await observeMetrics('lean', program),
    ];
    assert.ok(standard.length > 0);
    assert.deepEqual(compared(lean), compared(standard));
  });
}

test(
  `${programs} random programs of metrics are the same on both engines`,
  {
    timeout: 120_000,
  },
  async (t) => {
    let entries = 0;
    for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
      const run = (engine: 'standard' | 'lean'): Promise<string[]> =>
        observeMetrics(engine, async (start) => {
          const random = new Random(seed);
          await new RandomMetricProgram(random, start(metricSetting(random))).run();
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
  },
);
