import type { Ending } from '../support/program.ts';

/** Numbers of one signal. */
export interface Delivery {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
}

/** Result of one row and column. */
export interface Outcome {
  readonly spans: Delivery;
  readonly logs: Delivery;
  /** Counts of the counter; a cumulative sum has no duplicates. */
  readonly counts: Omit<Delivery, 'duplicated'>;
  readonly firstRssMb: number;
  readonly peakRssMb: number;
  readonly longestBlockMs: number;
  /** Undefined if the program was killed at the time limit. */
  readonly ending: Ending | undefined;
  /** Milliseconds from the end of the load to the exit. */
  readonly endedAfterMs: number;
  /** Lines on stderr about telemetry. */
  readonly said: readonly string[];
}

/** The numbers that a subject keeps in its state file. */
export interface SubjectState {
  readonly spans: number;
  readonly logs: number;
  readonly counts: number;
  readonly longestBlockMs: number;
  readonly firstRssMb: number;
  readonly peakRssMb: number;
}

/** Number of items of this kind that the program reported as not exported. */
export function reported(outcome: Outcome, items: 'span' | 'log record'): number {
  const line = outcome.said.findLast((text) => text.includes('not exported: ')) ?? '';
  return Number(new RegExp(`(\\d+) ${items}s?\\b`).exec(line)?.[1] ?? 0);
}
