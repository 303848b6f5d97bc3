import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { Point } from './family.ts';
import type { FamilyType } from './translation.ts';

type PointValue = Point['value'];

const maxBuckets = 160;

/** The sum of two points of one series, or undefined when they cannot be added: gauges, and histograms with other buckets. */
export function mergedPoint(a: Point, b: Point, type: FamilyType): Point | undefined {
  const value = type === 'counter' || type === 'histogram' ? addedValues(a.value, b.value) : undefined;
  if (value === undefined) return undefined;
  const startTime = isBefore(b.startTime, a.startTime) ? b.startTime : a.startTime;
  return { attributes: a.attributes, startTime, endTime: a.endTime, value };
}

/** Two numbers or two histograms added up, or undefined when they are of different kinds or have different boundaries. */
export function addedValues(a: PointValue, b: PointValue): PointValue | undefined {
  if (typeof a === 'number' || typeof b === 'number') {
    return typeof a === 'number' && typeof b === 'number' ? a + b : undefined;
  }
  if (isExponential(a) || isExponential(b)) {
    return isExponential(a) && isExponential(b) ? addedExponentials(a, b) : undefined;
  }
  return addedHistograms(a, b);
}

/** Whether a collected histogram is an exponential one. */
export function isExponential(value: Histogram | ExponentialHistogram): value is ExponentialHistogram {
  return 'scale' in value;
}

/** Whether two lists hold the same numbers. */
export function areSameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((number, index) => number === b[index]));
}

/** Whether one time is earlier than another. */
export function isBefore(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function addedHistograms(a: Histogram, b: Histogram): Histogram | undefined {
  const { boundaries } = a.buckets;
  if (!areSameNumbers(boundaries, b.buckets.boundaries)) return undefined;
  const counts = a.buckets.counts.map((count, index) => count + (b.buckets.counts[index] ?? 0));
  return { buckets: { boundaries, counts }, count: a.count + b.count, ...addedSums(a, b) };
}

function addedExponentials(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  const count = a.count + b.count;
  const zeroCount = a.zeroCount + b.zeroCount;
  for (let scale = Math.min(a.scale, b.scale); ; scale--) {
    const positive = addedBuckets(a.positive, a.scale - scale, b.positive, b.scale - scale);
    const negative = addedBuckets(a.negative, a.scale - scale, b.negative, b.scale - scale);
    const isSmall = Math.max(positive.bucketCounts.length, negative.bucketCounts.length) <= maxBuckets;
    if (isSmall) return { count, zeroCount, scale, positive, negative, ...addedSums(a, b) };
  }
}

type Buckets = ExponentialHistogram['positive'];

function addedBuckets(a: Buckets, shiftOfA: number, b: Buckets, shiftOfB: number): Buckets {
  const counts = new Map<number, number>();
  let first = Infinity;
  let last = -Infinity;
  for (const [{ offset, bucketCounts }, shift] of [[a, shiftOfA] as const, [b, shiftOfB] as const]) {
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

function addedSums(a: { sum?: number }, b: { sum?: number }): { sum?: number } {
  return a.sum === undefined || b.sum === undefined ? {} : { sum: a.sum + b.sum };
}
