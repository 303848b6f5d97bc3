import { suite, test } from 'node:test';
import { assertRow } from './assert-row.ts';
import { inMemory, spooling } from './column.ts';
import { rows } from './rows.ts';

// The first row with a Collector builds it.
const timeout = 600_000;

// Most rows wait most of the time.
suite('Sonde under the faults of the table, with shorter durations', { concurrency: 8 }, () => {
  for (const row of rows.filter(({ spoolFloor }) => spoolFloor !== undefined)) {
    test(`${row.title}, with a spool and a restart`, { timeout }, (t) => assertRow(t, row, spooling));
  }
  for (const row of rows.filter(({ isHeavy }) => isHeavy !== true)) {
    test(row.title, { timeout }, (t) => assertRow(t, row, inMemory));
  }
});
