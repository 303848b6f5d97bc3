import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Paced } from '../../test/support/paced-load.ts';
import { inSequence, median } from '../measure.ts';
import { type Child, readCpuMicros, endChild, readResidentBytes, seenBy } from './child.ts';
import type { Column } from './columns.ts';
import { type Program, startProgram } from './program.ts';
import type { Row } from './rows.ts';
import { loader, saturate, type Scripts } from './wrk.ts';

const run = promisify(execFile);

/** Result of one slice. */
export interface Slice {
  readonly perSecond: number;
  /** Processor time for each request. */
  readonly cpuMicros: number;
}

/** Results of a program, one slice per round. */
export interface Measured {
  readonly row: Row;
  readonly column: Column;
  /** At saturation. */
  readonly full: readonly Slice[];
  /** At a fixed rate; empty if not requested. */
  readonly paced: readonly Slice[];
  readonly residentBytes: number;
  /** Fraction of spans and log records that arrived; undefined if they cannot be counted. */
  readonly delivered: number | undefined;
}

/** Options of a group. */
export interface Plan {
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly warmUpSeconds: number;
  /** Requests per second of the fixed rate. */
  readonly perSecond: number;
  /** Rounds at the fixed rate; 0 for none. */
  readonly pacedRounds: number;
  /** Whether all programs serve the same number of requests before memory is read. */
  readonly isLevelled: boolean;
  readonly flags: readonly string[];
  readonly scripts: Scripts;
  readonly sink: Child;
}

/** A program under measurement. */
interface Subject {
  readonly program: Program;
  readonly full: Slice[];
  readonly paced: Slice[];
  requests: number;
}

const scrape = async ({ page }: Program): Promise<void> => {
  if (page !== undefined) await (await fetch(page)).arrayBuffer();
};

/** Measures a server under load for some seconds, with one scrape if it has a Prometheus endpoint. */
async function slice(subject: Subject, seconds: number, load: () => Promise<number>): Promise<Slice> {
  const { program } = subject;
  const before = readCpuMicros(program);
  const loaded = load();
  await scrape(program);
  const requests = await loaded;
  subject.requests += requests;
  return { perSecond: requests / seconds, cpuMicros: (readCpuMicros(program) - before) / requests };
}

async function pace(url: string, perSecond: number, count: number, column: Column): Promise<number> {
  const file = join(import.meta.dirname, 'pace.ts');
  const args = [`${url}/users/42`, String(perSecond), String(count), column.hasParent ? 'traceparent' : ''];
  const { stdout } = await run('taskset', ['-c', String(loader), process.execPath, file, ...args]);
  const { answered, failed } = JSON.parse(stdout) as Paced;
  if (failed > 0) throw new Error(`${failed} requests failed at a fixed rate`);
  return answered;
}

/** Lets every program with telemetry serve as many requests as the fastest one, because memory grows with them. */
async function level(subjects: readonly Subject[], script: string | undefined): Promise<void> {
  const measured = subjects.filter(({ program }) => program.row.preload !== undefined);
  const most = Math.max(...measured.map(({ requests }) => requests));
  for (const subject of measured) {
    const perSecond = median(subject.full.map((one) => one.perSecond));
    const seconds = Math.round((most - subject.requests) / perSecond);
    if (seconds > 0) await slice(subject, seconds, () => saturate(subject.program.url, seconds, script));
  }
}

/** Rotates the order of programs, so that predecessors vary. */
const turned = <T>(list: readonly T[], by: number): T[] => {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
};

async function delivered(
  { program, requests }: Subject,
  column: Column,
  sink: Child,
): Promise<number | undefined> {
  const { row } = program;
  if (row.preload === undefined || row.part === 'classic' || column.ratio !== 1) return undefined;
  const seen = await seenBy(program);
  if (column.to === 'discarded') return Math.min(Number(seen['spans']), Number(seen['records'])) / requests;
  if (column.to !== 'otlp') return undefined;
  const path = `/${rowPath(row)}`;
  const counts = await seenBy(sink);
  return (
    Math.min(Number(counts[`${path}/v1/traces`] ?? 0), Number(counts[`${path}/v1/logs`] ?? 0)) / requests
  );
}

let groups = 0;
const rowPath = ({ name }: Row): string => `${groups}-${name.replaceAll(/[^a-z]+/gi, '-')}`;

/** Measures the programs of a stack and column, interleaved; the first is the reference of the others. */
export async function measureGroup(rows: readonly Row[], column: Column, plan: Plan): Promise<Measured[]> {
  groups++;
  const script = column.hasParent ? plan.scripts.traceparent : undefined;
  const subjects: Subject[] = [];
  try {
    await inSequence(rows.length, async (index) => {
      const row = rows[index] as Row;
      const endpoint = `${plan.sink.url}/${rowPath(row)}`;
      const program = await startProgram(row, column, { processor: 0, flags: plan.flags, endpoint });
      subjects.push({ program, full: [], paced: [], requests: 0 });
    });
    for (const subject of subjects) {
      await slice(subject, plan.warmUpSeconds, () =>
        saturate(subject.program.url, plan.warmUpSeconds, script),
      );
    }
    await inSequence(plan.rounds, async (round) => {
      for (const subject of turned(subjects, round)) {
        const { url } = subject.program;
        const full = (): Promise<number> => saturate(url, plan.sliceSeconds, script);
        subject.full.push(await slice(subject, plan.sliceSeconds, full));
      }
    });
    const count = plan.perSecond * plan.sliceSeconds;
    await inSequence(plan.pacedRounds, async (round) => {
      for (const subject of turned(subjects, round)) {
        const paced = (): Promise<number> => pace(subject.program.url, plan.perSecond, count, column);
        subject.paced.push(await slice(subject, plan.sliceSeconds, paced));
      }
    });
    if (plan.isLevelled) await level(subjects, script);
    return await inSequence(subjects.length, async (index) => {
      const subject = subjects[index] as Subject;
      const residentBytes = readResidentBytes(subject.program);
      const { full, paced, program } = subject;
      return {
        row: program.row,
        column,
        full,
        paced,
        residentBytes,
        delivered: await delivered(subject, column, plan.sink),
      };
    });
  } finally {
    await Promise.all(subjects.map(({ program }) => endChild(program)));
  }
}
