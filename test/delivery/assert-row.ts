import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { needs } from '../support/needs.ts';
import { listFaults } from './check.ts';
import type { Column } from './column.ts';
import type { Row } from './row.ts';
import { runRow } from './run-row.ts';

/** Runs a row with short durations and checks its demands. Skips the test if a tool is missing. */
export async function assertRow(t: TestContext, row: Row, column: Column): Promise<void> {
  const outcome = await runRow(row, column, 'short');
  if (outcome === undefined) return needs(t, 'a tool of the row: openssl, Go, or unshare as root');
  assert.deepEqual(listFaults(row, column, 'short', outcome), [], JSON.stringify(outcome, undefined, 2));
}
