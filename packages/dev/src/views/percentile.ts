/** The value below which `ratio` of sorted numbers lie; null for none. */
export function percentile(inOrder: readonly number[], ratio: number): number | null {
  const { length } = inOrder;
  return inOrder[Math.min(length - 1, Math.max(0, Math.ceil(length * ratio) - 1))] ?? null;
}

/** In order, fast for many. */
export function sorted(numbers: readonly number[]): number[] {
  return [...Float64Array.from(numbers).toSorted()];
}
