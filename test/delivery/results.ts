import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Outcome } from './outcome.ts';

/** Measured rows of a column. */
export interface ColumnResults {
  /** Version of the package. */
  readonly version: string;
  /** Day of the newest measurement. */
  readonly day: string;
  /** By title of the row; null if a tool was missing. */
  readonly outcomes: Record<string, Outcome | null>;
}

/** Results by name of the column: a run of some rows or columns keeps the others. */
export type Results = Record<string, ColumnResults>;

const file = join(import.meta.dirname, '../../.cache/delivery.json');

export function readResults(): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** A measured cell. */
export interface Measurement {
  readonly column: string;
  readonly version: string;
  readonly day: string;
  /** Title of the row. */
  readonly row: string;
  readonly outcome: Outcome | undefined;
}

/** Adds a measurement at once, because several rows run at a time. Those of another version are dropped. */
export function addResult({ column, version, day, row, outcome }: Measurement): void {
  const results = readResults();
  const known = results[column];
  const outcomes = { ...(known?.version === version ? known.outcomes : {}), [row]: outcome ?? null };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...results, [column]: { version, day, outcomes } }, undefined, 1));
}
