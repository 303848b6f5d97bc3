import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { Point } from './family.ts';
import type { FamilyType } from './translation.ts';

/** The sum of two points of one series, or undefined when they cannot be added: gauges, and histograms with other buckets. */
export function mergedPoint(a: Point, b: Point, type: FamilyType): Point | undefined {
  const value = mergedValue(a.value, b.value, type);
  if (value === undefined) return undefined;
  const startTime = isBefore(b.startTime, a.startTime) ? b.startTime : a.startTime;
  return { attributes: a.attributes, startTime, endTime: a.endTime, value };
}

function mergedValue(a: Point['value'], b: Point['value'], type: FamilyType): Point['value'] | undefined {
  if (typeof a === 'number' || typeof b === 'number') {
    return type === 'counter' && typeof a === 'number' && typeof b === 'number' ? a + b : undefined;
  }
  if ('scale' in a || 'scale' in b) return undefined;
  return mergedHistogram(a, b);
}

function mergedHistogram(a: Histogram, b: Histogram): Histogram | undefined {
  const { boundaries } = a.buckets;
  if (boundaries.length !== b.buckets.boundaries.length) return undefined;
  if (boundaries.some((boundary, index) => boundary !== b.buckets.boundaries[index])) return undefined;
  const counts = a.buckets.counts.map((count, index) => count + (b.buckets.counts[index] ?? 0));
  const merged: Histogram = { buckets: { boundaries, counts }, count: a.count + b.count };
  if (a.sum !== undefined && b.sum !== undefined) merged.sum = a.sum + b.sum;
  return merged;
}

/** Whether a collected histogram is an exponential one. */
export function isExponential(value: Histogram | ExponentialHistogram): value is ExponentialHistogram {
  return 'scale' in value;
}

function isBefore(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
