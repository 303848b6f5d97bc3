import type { Column } from './columns.ts';
import type { Options } from './options.ts';
import type { Stack } from './rows.ts';

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

function groups(of: readonly Stack[], wanted: readonly Column[], hasSameHeap: boolean): Group[] {
  return wanted.flatMap((column) => {
    const isPaced = hasSameHeap && (column.name === 'discarded' || column.name === 'otlp');
    return of.map((stack) => ({ stack, column, hasSameHeap, isPaced }));
  });
}

/** What matters most comes first, so that a bounded run has it. */
export function schedule({ stacks, columns, hasDefaultHeap }: Options): Group[] {
  const own = stacks.filter((stack) => !isFramework(stack));
  const frameworks = stacks.filter(isFramework);
  const named = (...names: Column['name'][]): Column[] => columns.filter(({ name }) => names.includes(name));
  const main = named('discarded', 'otlp');
  return [
    ...groups(own, main, true),
    ...groups(frameworks, main, true),
    ...groups(own, named('one-percent'), true),
    ...(hasDefaultHeap ? groups(own, main, false) : []),
    ...groups(own, named('prometheus', 'traceparent'), true),
    ...groups(frameworks, named('prometheus', 'one-percent', 'traceparent'), true),
  ];
}
