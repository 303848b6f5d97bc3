import { suite, test } from 'node:test';
import { assertRow } from './assert-row.ts';
import { inMemory } from './column.ts';
import { rows } from './rows.ts';

const timeout = 120_000;

// One at a time, because each needs a core.
suite('Sonde under load and the faults of the table', () => {
  for (const row of rows.filter(({ isHeavy }) => isHeavy === true)) {
    test(row.title, { timeout }, (t) => assertRow(t, row, inMemory));
  }
});
