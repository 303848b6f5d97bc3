import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { needs } from '../support/needs.ts';
import { faultsOf } from './check.ts';
import { type Column, inMemory, spooling } from './column.ts';
import type { Row } from './row.ts';
import { runRow } from './run-row.ts';
import { rows } from './rows.ts';

// The first row with a Collector builds it.
const timeout = 600_000;

async function check(t: TestContext, row: Row, column: Column = inMemory): Promise<void> {
  const outcome = await runRow(row, column, 'short');
  if (outcome === undefined) return needs(t, 'a tool of the row: openssl, Go, or unshare as root');
  assert.deepEqual(faultsOf(row, column, 'short', outcome), [], JSON.stringify(outcome, undefined, 2));
}

// Most rows wait most of the time.
suite('Sonde under the faults of the table, with shorter durations', { concurrency: 10 }, () => {
  for (const row of rows.filter(({ isHeavy }) => isHeavy !== true)) {
    // Until its exporters use the queue.
    const todo = row.title.startsWith('gRPC');
    test(row.title, { timeout, todo }, (t) => check(t, row));
  }
});

suite('Sonde with a spool and a restart', { concurrency: 10 }, () => {
  for (const row of rows.filter(({ spoolFloor }) => spoolFloor !== undefined)) {
    test(row.title, { timeout, todo: 'the pipeline does not use the spool' }, (t) => check(t, row, spooling));
  }
});

suite('Sonde under load', () => {
  for (const row of rows.filter(({ isHeavy }) => isHeavy === true)) {
    test(row.title, { timeout }, (t) => check(t, row));
  }
});
