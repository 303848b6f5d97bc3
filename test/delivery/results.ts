import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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

export async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Writes at once, because several rows run at a time. */
export function writeResults(results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(results, undefined, 1));
}
