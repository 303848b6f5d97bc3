import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/**
 * Converts an exponential histogram to explicit buckets, for formats without native histograms. The boundaries are powers of two,
 * or coarser if the histogram is, so that they stay the same when the resolution of the histogram changes.
 */
export function classicHistogram(value: ExponentialHistogram): Histogram {
  const { count, sum, zeroCount } = value;
  const scale = Math.min(value.scale, 0);
  const steps: [boundary: number, count: number][] = [];
  for (const [index, total] of downscaled(value.negative, value.scale - scale).toReversed()) {
    steps.push([-power(index, scale), total]);
  }
  steps.push([0, zeroCount]);
  for (const [index, total] of downscaled(value.positive, value.scale - scale)) {
    steps.push([power(index + 1, scale), total]);
  }
  const finite = steps.filter(([boundary]) => Number.isFinite(boundary));
  const above = count - finite.reduce((total, [, step]) => total + step, 0);
  const buckets = {
    boundaries: finite.map(([boundary]) => boundary),
    counts: [...finite.map(([, step]) => step), above],
  };
  return sum === undefined ? { buckets, count } : { buckets, count, sum };
}

function downscaled(
  { offset, bucketCounts }: ExponentialHistogram['positive'],
  shift: number,
): [number, number][] {
  const totals = new Map<number, number>();
  for (let position = 0; position < bucketCounts.length; position++) {
    const index = (offset + position) >> shift;
    totals.set(index, (totals.get(index) ?? 0) + (bucketCounts[position] ?? 0));
  }
  return [...totals];
}

function power(index: number, scale: number): number {
  return 2 ** (index * 2 ** -scale);
}
