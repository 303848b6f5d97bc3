import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeCell, type Verdict } from './cell.ts';
import { readPart } from './page-parts.ts';
import { scenarios } from './scenarios.ts';
import { subjects } from './subjects.ts';
import { readVersion } from './subject.ts';
import { type Row, formatTable } from './table.ts';

const limitMs = 15_000;
const atOnce = 2;
const documentation = join(import.meta.dirname, '..', '..', 'docs', 'conformance.md');

const started = Date.now();
const versions: string[] = [];
for (const subject of subjects) versions.push(await readVersion(subject));

const jobs = scenarios.flatMap((scenario, row) =>
  subjects.map((subject, column) => ({ scenario, subject, row, column })),
);
const rows: Row[] = scenarios.map(({ title }) => ({ title, verdicts: [] }));

/** Runs jobs until none is left. */
async function work(): Promise<void> {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const verdict: Verdict = await judgeCell(job.scenario, job.subject, limitMs);
    const { verdicts } = rows[job.row] as Row;
    verdicts[job.column] = verdict;
    const { mark, reason, output } = verdict;
    console.log(
      `${job.scenario.title} · ${job.subject.title}: ${reason === '' ? mark : `${mark}, ${reason}`}`,
    );
    if (process.argv.includes('--verbose') && mark === 'fails') console.log(output);
  }
}

await Promise.all(Array.from({ length: atOnce }, work));
const columns = subjects.map(({ title, package: name }, index) => ({
  title,
  package: name,
  version: versions[index] ?? '',
}));
const day = new Date(started).toISOString().slice(0, 10);
const delivery = readPart(await readFile(documentation, 'utf8'), 'delivery');
const page = formatTable(rows, columns, { day, limitMs });
await writeFile(documentation, delivery === '' ? page : `${page}\n${delivery}\n`);
console.log(`\n${documentation}, after ${Math.round((Date.now() - started) / 1000)} s`);
const [own] = subjects;
const failing = rows.filter(({ verdicts }) => verdicts[0]?.mark !== 'passes');
if (failing.length > 0) {
  console.error(`${own?.title} fails: ${failing.map(({ title }) => title).join('; ')}`);
  process.exitCode = 1;
}
