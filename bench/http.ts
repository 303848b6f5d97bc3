// Overhead of telemetry in servers: each program is compared with the same program without telemetry.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { endChild, startChild } from './http/child.ts';
import type { Measured } from './http/group.ts';
import { type Options, parseOptions, usage } from './http/options.ts';
import { page } from './http/page.ts';
import { measureTimes } from './http/times.ts';
import type { Row } from './http/rows.ts';
import {
  type Group,
  isLevelled,
  estimateMinutes,
  pacedRounds,
  listRows,
  sameHeap,
  schedule,
  countRuns,
} from './http/schedule.ts';
import { type Verified, verify } from './http/verify.ts';
import { Scripts } from './http/wrk.ts';
import { writeResults } from './results.ts';

function chosen(): Options {
  const args = process.argv.slice(3);
  if (args.includes('--help')) {
    console.log(usage);
    return process.exit();
  }
  try {
    return parseOptions(args);
  } catch (error) {
    console.error((error as Error).message);
    return process.exit(2);
  }
}

const options = chosen();
const begun = performance.now();
const minutes = (): number => (performance.now() - begun) / 60_000;

// Measure the built packages.
execFileSync('turbo', ['run', 'build', '--output-logs=errors-only'], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'ignore',
});

const verified = new Map<string, Verified>();
const failed = (error: unknown): Verified => ({ exported: undefined, faults: [String(error)] });
const groupKey = (row: Row, { column }: Group): string => `${column.name}: ${row.name}`;

/** Programs of a group that export the expected telemetry; others are reported and excluded. */
async function sound(group: Group): Promise<Row[]> {
  const found: Row[] = [];
  for (const row of listRows(group, options)) {
    const key = groupKey(row, group);
    const isBare = row.preload === undefined;
    if (!isBare && !verified.has(key)) {
      verified.set(key, await verify(row, group.column).catch(failed));
    }
    const { faults = [] } = verified.get(key) ?? {};
    if (faults.length > 0) console.error(`left out, ${key}: ${faults.join('; ')}`);
    else found.push(row);
  }
  return found;
}

const measured: { readonly group: Group; readonly programs: readonly Measured[] }[] = [];
const left: Group[] = [];
const sink = await startChild({
  processor: 1,
  args: ['--conditions=@sonde/source', join(import.meta.dirname, 'http/sink.ts')],
});
using scripts = new Scripts();
try {
  for (const group of schedule(options)) {
    if (minutes() + estimateMinutes(listRows(group, options).length, group, options) > options.minutes) {
      left.push(group);
      continue;
    }
    const flags = group.hasSameHeap ? sameHeap : [];
    console.error(
      `${minutes().toFixed(1)} min: ${group.stack}, ${group.column.title}, ${flags.join(' ') || 'Node’s heap'}`,
    );
    const plan = {
      ...options,
      pacedRounds: group.isPaced && options.perSecond > 0 ? pacedRounds(options.rounds) : 0,
      isLevelled: isLevelled(group),
      flags,
      scripts,
      sink,
    };
    try {
      const programs = await measureTimes(countRuns(group), await sound(group), group.column, plan);
      measured.push({ group, programs });
    } catch (error) {
      console.error(`not measured: ${group.stack}, ${group.column.title}: ${String(error)}`);
      left.push(group);
    }
  }
} finally {
  await endChild(sink);
}
console.log(writeResults('http', page({ options, measured, left, verified, minutes: minutes() })));
