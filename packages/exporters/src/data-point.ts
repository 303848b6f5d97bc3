import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** A data point of any type that a metric reader collects. */
export type Point = DataPoint<number | Histogram | ExponentialHistogram>;

type PointValue = Point['value'];

const maxBuckets = 160;

/** The sum of two numbers or two histograms; undefined if their types or bucket boundaries differ. */
export function addValues(a: PointValue, b: PointValue): PointValue | undefined {
  if (typeof a === 'number' || typeof b === 'number') {
    return typeof a === 'number' && typeof b === 'number' ? a + b : undefined;
  }
  if (isExponential(a) || isExponential(b)) {
    return isExponential(a) && isExponential(b) ? addExponentials(a, b) : undefined;
  }
  return addHistograms(a, b);
}

/** Whether a histogram is exponential. */
export function isExponential(value: Histogram | ExponentialHistogram): value is ExponentialHistogram {
  return 'scale' in value;
}

/** Whether two arrays hold equal numbers. */
export function areSameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((number, index) => number === b[index]));
}

/** Whether `a` is earlier than `b`. */
export function isBefore(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function addHistograms(a: Histogram, b: Histogram): Histogram | undefined {
  const { boundaries } = a.buckets;
  if (!areSameNumbers(boundaries, b.buckets.boundaries)) return undefined;
  const counts = a.buckets.counts.map((count, index) => count + (b.buckets.counts[index] ?? 0));
  return { buckets: { boundaries, counts }, count: a.count + b.count, ...addSums(a, b) };
}

function addExponentials(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  const count = a.count + b.count;
  const zeroCount = a.zeroCount + b.zeroCount;
  for (let scale = Math.min(a.scale, b.scale); ; scale--) {
    const positive = addBuckets(a.positive, a.scale - scale, b.positive, b.scale - scale);
    const negative = addBuckets(a.negative, a.scale - scale, b.negative, b.scale - scale);
    const isSmall = Math.max(positive.bucketCounts.length, negative.bucketCounts.length) <= maxBuckets;
    if (isSmall) return { count, zeroCount, scale, positive, negative, ...addSums(a, b) };
  }
}

type Buckets = ExponentialHistogram['positive'];

function addBuckets(a: Buckets, shiftA: number, b: Buckets, shiftB: number): Buckets {
  const counts = new Map<number, number>();
  let first = Infinity;
  let last = -Infinity;
  for (const [{ offset, bucketCounts }, shift] of [[a, shiftA] as const, [b, shiftB] as const]) {
    for (const [position, count] of bucketCounts.entries()) {
      if (count === 0) continue;
      const index = (offset + position) >> shift;
      counts.set(index, (counts.get(index) ?? 0) + count);
      first = Math.min(first, index);
      last = Math.max(last, index);
    }
  }
  if (counts.size === 0) return { offset: 0, bucketCounts: [] };
  const length = last - first + 1;
  return {
    offset: first,
    bucketCounts: Array.from({ length }, (_, position) => counts.get(first + position) ?? 0),
  };
}

function addSums(a: { sum?: number }, b: { sum?: number }): { sum?: number } {
  return a.sum === undefined || b.sum === undefined ? {} : { sum: a.sum + b.sum };
}
