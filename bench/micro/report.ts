import { median } from '../measure.ts';

/** Operations by name. */
export type Operations = Readonly<Record<string, () => unknown>>;

const repetitions = 7;
const iterations = 100_000;

/** Median processor time per item in nanoseconds, after warm-up repetitions. */
function measureNs(operation: () => unknown, items: number): number {
  const times = Array.from({ length: repetitions + 2 }, () => {
    const before = process.cpuUsage();
    for (let count = 0; count < iterations; count += items) operation();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / iterations;
  });
  return median(times.slice(2));
}

/**
 * Measures operations one after the other.
 *
 * @param items how many items one call does
 */
export function measure(operations: Operations, items = 1): [string, number][] {
  return Object.entries(operations).map(([name, operation]) => [name, measureNs(operation, items)]);
}

/** Reports to the parent process; `check` returns a value that must not be zero at the end. */
export function report(ns: readonly (readonly [string, number])[], check: () => number): void {
  if (check() === 0) throw new Error('nothing was recorded');
  process.send?.(ns);
}
