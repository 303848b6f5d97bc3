import { type Delivery, type Outcome, reported } from './outcome.ts';
import type { Column } from './column.ts';
import { rowRate, type Row, type Scale, type SubjectEnding } from './row.ts';

/** Items that a receiver has without an answer when its connections break: 16 requests of 512 at the end of a process. */
const maxUnacknowledged = 8192;

/** Well above the budget of an exit, for a busy machine. */
const exitLimitMs = 15_000;

const endings: Readonly<Record<SubjectEnding, Outcome['ending']>> = {
  SIGTERM: { code: null, signal: 'SIGTERM' },
  SIGKILL: { code: null, signal: 'SIGKILL' },
  'process.exit()': { code: 0, signal: null },
  'normal end': { code: 0, signal: null },
  crash: { code: 1, signal: null },
};

const number = (value: number): string => value.toLocaleString('en');

/** Seconds of telemetry that a process gathers before it exports, and some more for a busy machine. */
const gatheringSeconds: Readonly<Record<Scale, number>> = { full: 6, short: 2.5 };

/** Compares an outcome of Sonde with the demands of the row. @returns what is wrong */
export function listFaults(row: Row, column: Column, scale: Scale, outcome: Outcome): string[] {
  const floor = (column.spools === true ? row.spoolFloor : undefined) ?? row.floor;
  const faults: string[] = [];
  const { spans, logs, counts, ending } = outcome;
  const signals = { spans, 'log records': logs };
  if (floor === 'nothing is lost') {
    for (const [name, { lost, sent }] of Object.entries({ ...signals, counts })) {
      if (lost !== 0) faults.push(`lost ${number(lost)} of ${number(sent)} ${name}`);
    }
  }
  if (floor === 'a batch is lost') {
    const { spans: spansPerSecond, logs: logsPerSecond } = rowRate(row);
    const limits = { spans: spansPerSecond, 'log records': logsPerSecond, counts: spansPerSecond };
    for (const [name, { lost }] of Object.entries({ ...signals, counts })) {
      const limit = limits[name as keyof typeof limits] * gatheringSeconds[scale];
      if (lost > limit) faults.push(`lost ${number(lost)} ${name}, more than ${number(limit)}`);
    }
  }
  if (floor === 'nothing is lost' || floor === 'losses are reported') {
    const compare = (name: string, { lost }: Delivery, count: number): void => {
      const isTooHigh = row.persistsUnacknowledged !== true && count > lost + maxUnacknowledged;
      if (count < lost || isTooHigh)
        faults.push(`reported ${number(count)} lost ${name}, not ${number(lost)}`);
    };
    compare('spans', spans, reported(outcome, 'span'));
    compare('log records', logs, reported(outcome, 'log record'));
  }
  if (row.persistsUnacknowledged !== true) {
    for (const [name, { duplicated }] of Object.entries(signals)) {
      if (duplicated > maxUnacknowledged) faults.push(`duplicated ${number(duplicated)} ${name}`);
    }
  }
  const expected = endings[row.ending ?? 'SIGTERM'];
  if (ending?.code !== expected?.code || ending?.signal !== expected?.signal) {
    faults.push(`ended with ${JSON.stringify(ending)}, not ${JSON.stringify(expected)}`);
  }
  if (outcome.endedAfterMs > exitLimitMs) faults.push(`ended only after ${number(outcome.endedAfterMs)} ms`);
  const growthMb = outcome.peakRssMb - outcome.firstRssMb;
  if (growthMb > (row.maxGrowthMb ?? Infinity)) faults.push(`memory grew by ${growthMb} MB`);
  return faults;
}
