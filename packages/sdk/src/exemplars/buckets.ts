import type { Exemplar } from './reservoir.ts';

/** The newest exemplar of each bucket; the exemplars come oldest first, boundaries are inclusive upper bounds. */
export function exemplarsByBucket(
  exemplars: readonly Exemplar[],
  boundaries: readonly number[],
): (Exemplar | undefined)[] {
  const buckets: (Exemplar | undefined)[] = Array.from({ length: boundaries.length + 1 });
  for (const exemplar of exemplars) {
    const index = boundaries.findIndex((boundary) => exemplar.value <= boundary);
    buckets[index === -1 ? boundaries.length : index] = exemplar;
  }
  return buckets;
}
