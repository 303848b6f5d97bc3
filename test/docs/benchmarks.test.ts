import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { benchmarksPage, withResults } from '../../bench/results.ts';

test('the benchmarks page contains the latest results', async () => {
  const page = await readFile(benchmarksPage, 'utf8');
  assert.equal(page.match(/<!-- results: \w+ -->/g)?.length, 9);
  assert.equal(page, withResults(page));
});
