import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { judgeCell } from './cell.ts';
import { scenarios } from './scenarios.ts';
import { sonde } from './subjects/sonde/subject.ts';

suite('Sonde passes the whole table', { concurrency: 2 }, () => {
  for (const scenario of scenarios) {
    test(scenario.title, { timeout: 60_000 }, async () => {
      const { mark, reason, output } = await judgeCell(scenario, sonde, 30_000);
      assert.equal(mark, 'passes', `${reason}\n${output}`);
    });
  }
});
