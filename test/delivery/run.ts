import { parseArgs } from 'node:util';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withPart } from '../conformance/page-parts.ts';
import { readVersion } from '../conformance/subject.ts';
import { listFaults } from './check.ts';
import { type Column, columns, inMemory } from './column.ts';
import { deliveryPart } from './page.ts';
import { addResult, readResults } from './results.ts';
import type { Row } from './row.ts';
import { runRow } from './run-row.ts';
import { rows } from './rows.ts';

const root = join(import.meta.dirname, '..', '..');
const page = 'docs/conformance.md';

// npm run conformance -- delivery [--columns=sonde,upstream] [--rows=REGEXP] [--at-once=N]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    columns: { type: 'string', default: columns.map(({ name }) => name).join() },
    rows: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '12' },
  },
});
const chosenRows = rows.filter(({ title }) => new RegExp(values.rows).test(title));
const chosenColumns = columns.filter(({ name }) => values.columns.split(',').includes(name));

const started = Date.now();
const day = new Date(started).toISOString().slice(0, 10);
const failures: string[] = [];

async function measure(row: Row, column: Column): Promise<void> {
  const outcome = await runRow(row, column, 'full');
  const version = await readVersion(column);
  addResult({ column: column.name, version, day, row: row.title, outcome });
  const faults = outcome === undefined ? [] : listFaults(row, column, 'full', outcome);
  console.log(`${row.title} · ${column.title}: ${faults.join('; ') || 'ok'}`);
  const isOwn = column.package === inMemory.package;
  if (isOwn && faults.length > 0) failures.push(`${row.title} · ${column.title}: ${faults.join('; ')}`);
}

/** Runs jobs, some at once. */
async function run(jobs: { row: Row; column: Column }[], atOnce: number): Promise<void> {
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await measure(job.row, job.column);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

for (const column of chosenColumns) await column.modules();
const jobs = chosenRows.flatMap((row) => chosenColumns.map((column) => ({ row, column })));
const duration = ({ row: { seconds } }: { row: Row }): number =>
  seconds.full.before + seconds.full.during + seconds.full.after;
// The longest first, so that none is left alone at the end.
const light = jobs.filter(({ row }) => row.isHeavy !== true).toSorted((a, b) => duration(b) - duration(a));
await run(light, Number(values['at-once']));
await run(
  jobs.filter(({ row }) => row.isHeavy === true),
  1,
);

const file = join(root, page);
await writeFile(
  file,
  withPart(await readFile(file, 'utf8'), 'delivery', deliveryPart(rows, columns, readResults())),
);
execFileSync(join(root, 'node_modules/.bin/oxfmt'), [page], { cwd: root, stdio: 'ignore' });
console.log(`\n${page}, after ${Math.round((Date.now() - started) / 1000)} s`);
if (failures.length > 0) {
  console.error(`Sonde fails:\n${failures.join('\n')}`);
  process.exitCode = 1;
}
