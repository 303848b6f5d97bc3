/** Median of numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Runs a function several times sequentially. */
export async function inSequence<Result>(
  count: number,
  run: (index: number) => Promise<Result>,
  results: Result[] = [],
): Promise<Result[]> {
  if (results.length >= count) return results;
  results.push(await run(results.length));
  return inSequence(count, run, results);
}
