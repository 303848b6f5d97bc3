import type { Column } from './columns.ts';
import type { Options } from './options.ts';
import { type Row, rows, type Stack } from './rows.ts';

/** Flags for a young generation of the same size in every program. */
export const sameHeap: readonly string[] = ['--min-semi-space-size=16', '--max-semi-space-size=16'];

/** Programs of a stack that are measured together. */
export interface Group {
  readonly stack: Stack;
  readonly column: Column;
  /** Whether all programs use the same young generation instead of Node.js's default. */
  readonly hasSameHeap: boolean;
  /** Whether the fixed rate is measured too. */
  readonly isPaced: boolean;
}

const isFramework = (stack: Stack): boolean => stack !== 'router' && stack !== 'node:http';
const isMain = ({ name }: Column): boolean => name === 'discarded' || name === 'otlp';

/** Whether memory is read after all programs have answered as many requests. */
export const isLevelled = ({ column, hasSameHeap }: Group): boolean => hasSameHeap && isMain(column);

function groups(of: readonly Stack[], wanted: readonly Column[], hasSameHeap: boolean): Group[] {
  return wanted.flatMap((column) =>
    of.map((stack) => {
      const isPaced = hasSameHeap && isMain(column) && !isFramework(stack);
      return { stack, column, hasSameHeap, isPaced };
    }),
  );
}

/** Most important groups first, so that a run with a time limit includes them. */
export function schedule({ stacks, columns, hasDefaultHeap }: Options): Group[] {
  const own = stacks.filter((stack) => !isFramework(stack));
  const frameworks = stacks.filter(isFramework);
  const main = columns.filter(isMain);
  const named = (...names: Column['name'][]): Column[] => columns.filter(({ name }) => names.includes(name));
  return [
    ...groups(own, main, true),
    ...groups(frameworks, main, true),
    ...groups(own, named('one-percent'), true),
    ...(hasDefaultHeap ? groups(own, main, false) : []),
    ...groups(own, named('prometheus', 'traceparent'), true),
    ...groups(frameworks, named('prometheus', 'one-percent', 'traceparent'), true),
  ];
}

/** Parts that secondary groups omit. */
const rest = {
  framework: new Set<Row['part']>(['standard', 'with']),
  setUp: new Set<Row['part']>(['peer', 'classic']),
  heap: new Set<Row['part']>(['peer']),
};

/** The programs of a group. */
export function listRows({ stack, column, hasSameHeap }: Group, { isWanted }: Options): Row[] {
  const without = new Set([
    ...(isFramework(stack) && !isMain(column) ? rest.framework : []),
    ...(isMain(column) || column.name === 'prometheus' ? [] : rest.setUp),
    ...(hasSameHeap ? [] : rest.heap),
  ]);
  return rows.filter((row) => row.stack === stack && isWanted(row) && !without.has(row.part));
}

/**
 * Number of repetitions of a group, each in new processes. The floors of the router and node:http are close to the bare
 * server, and V8's optimizations make one process of a program up to 10 % faster than another.
 */
export function countRuns({ stack, column, hasSameHeap }: Group): number {
  const hasFloor = isMain(column) || column.name === 'one-percent';
  return !isFramework(stack) && hasSameHeap && hasFloor ? 4 : 1;
}

/** Estimated duration of a group in minutes. */
export function estimateMinutes(programs: number, group: Group, options: Options): number {
  const { rounds, sliceSeconds, warmUpSeconds, perSecond } = options;
  const slice = sliceSeconds + 0.1;
  const paced = group.isPaced && perSecond > 0 ? pacedRounds(rounds) * slice : 0;
  // The slowest programs have to serve as many requests as the fastest.
  const levelled = isLevelled(group) ? rounds * slice : 0;
  const full = 2 + warmUpSeconds + rounds * slice;
  return (programs * (countRuns(group) * full + paced + levelled)) / 60;
}

/** A fixed rate needs fewer rounds, because processor time varies less than throughput. */
export const pacedRounds = (rounds: number): number => Math.ceil(rounds / 2);
