import type { Column } from './columns.ts';
import type { Options } from './options.ts';
import { type Row, rows, type Stack } from './rows.ts';

/** Flags that give every program a young generation of the same size. */
export const sameHeap: readonly string[] = ['--min-semi-space-size=16', '--max-semi-space-size=16'];

/** Programs of a stack that are measured together. */
export interface Group {
  readonly stack: Stack;
  readonly column: Column;
  /** Whether the young generation is the same for all; otherwise it is Node's choice. */
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

/** What matters most comes first, so that a bounded run has it. */
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

/** What is left out where a group is there for completeness. */
const rest = {
  framework: new Set<Row['part']>(['standard', 'with']),
  setUp: new Set<Row['part']>(['peer', 'classic']),
  heap: new Set<Row['part']>(['peer']),
};

/** The programs of a group. */
export function rowsOf({ stack, column, hasSameHeap }: Group, { isWanted }: Options): Row[] {
  const without = new Set([
    ...(isFramework(stack) && !isMain(column) ? rest.framework : []),
    ...(isMain(column) || column.name === 'prometheus' ? [] : rest.setUp),
    ...(hasSameHeap ? [] : rest.heap),
  ]);
  return rows.filter((row) => row.stack === stack && isWanted(row) && !without.has(row.part));
}

/**
 * How many times a group is measured, each in new processes. The floors of the router and of node:http are near what is
 * bare, and one process of a program is up to a tenth faster than another: V8 decides anew what it optimises, and where
 * it puts it.
 */
export function timesOf({ stack, column, hasSameHeap }: Group): number {
  const hasFloor = isMain(column) || column.name === 'one-percent';
  return !isFramework(stack) && hasSameHeap && hasFloor ? 4 : 1;
}

/** About how many minutes a group of so many programs takes. */
export function minutesOf(programs: number, group: Group, options: Options): number {
  const { rounds, sliceSeconds, warmUpSeconds, perSecond } = options;
  const slice = sliceSeconds + 0.1;
  const paced = group.isPaced && perSecond > 0 ? pacedRounds(rounds) * slice : 0;
  // The slowest have to answer as many as the fastest.
  const levelled = isLevelled(group) ? rounds * slice : 0;
  const full = 2 + warmUpSeconds + rounds * slice;
  return (programs * (timesOf(group) * full + paced + levelled)) / 60;
}

/** At a fixed rate fewer rounds do: processor time is steadier than throughput. */
export const pacedRounds = (rounds: number): number => Math.ceil(rounds / 2);
