import { parseJson, type Row } from './database.ts';

/** The buckets of a distribution: upper bounds, and counts of which the last is above all bounds. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Measurement of one series between two of its points. */
export interface Delta {
  readonly timeMs: number;
  /** Of a sum: the increase. */
  readonly value: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly buckets: Buckets | undefined;
}

interface Exponential {
  readonly offset: number;
  readonly counts: readonly number[];
}

interface StoredDistribution {
  readonly count?: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: number;
  readonly zeroThreshold?: number;
  readonly positive?: Exponential;
  readonly negative?: Exponential;
}

const maxBuckets = 160;

/** The least scale of points: buckets of all of them can be brought to it. */
export function commonScale(rows: readonly Row[]): number {
  let scale = 20;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const point = parseJson<StoredDistribution>(row['data'], {});
    if (point.scale === undefined) continue;
    scale = Math.min(scale, point.scale);
    for (const { offset, counts } of [point.positive, point.negative].filter((part) => part !== undefined)) {
      if (counts.length === 0) continue;
      least = Math.min(least, offset / 2 ** point.scale);
      most = Math.max(most, (offset + counts.length) / 2 ** point.scale);
    }
  }
  while (scale > -10 && (most - least) * 2 ** scale > maxBuckets) scale -= 1;
  return scale;
}

/** Brings the buckets of an exponential histogram to explicit bounds of a scale. */
function explicit(point: StoredDistribution, scale: number): Buckets {
  const shift = 2 ** Math.max(0, (point.scale ?? 0) - scale);
  const byBound = new Map<number, number>();
  const add = (bound: number, count: number): void => {
    if (count > 0) byBound.set(bound, (byBound.get(bound) ?? 0) + count);
  };
  const bucketBound = (index: number): number => 2 ** ((index + 1) / 2 ** scale);
  point.positive?.counts.forEach((count, index) => {
    add(bucketBound(Math.floor(((point.positive?.offset ?? 0) + index) / shift)), count);
  });
  point.negative?.counts.forEach((count, index) => {
    add(-bucketBound(Math.floor(((point.negative?.offset ?? 0) + index) / shift) - 1), count);
  });
  add(point.zeroThreshold ?? 0, point.zeroCount ?? 0);
  const bounds = [...byBound.keys()].toSorted((a, b) => a - b);
  return { bounds, counts: [...bounds.map((bound) => byBound.get(bound) ?? 0), 0] };
}

function toBuckets(point: StoredDistribution, scale: number): Buckets | undefined {
  if (point.scale !== undefined) return explicit(point, scale);
  if (point.counts === undefined) return undefined;
  return { bounds: point.bounds ?? [], counts: point.counts };
}

/** Adds buckets with a factor, by their bounds. */
export function addBuckets(a: Buckets | undefined, b: Buckets | undefined, factor = 1): Buckets | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.bounds.length === b.bounds.length && a.bounds.every((bound, index) => bound === b.bounds[index])) {
    return {
      bounds: a.bounds,
      counts: a.counts.map((count, index) => Math.max(0, count + factor * (b.counts[index] ?? 0))),
    };
  }
  const bounds = [...new Set([...a.bounds, ...b.bounds])].toSorted((x, y) => x - y);
  const regroupCounts = ({ bounds: own, counts }: Buckets, bound: number | undefined): number =>
    (bound === undefined ? counts.at(-1) : counts[own.indexOf(bound)]) ?? 0;
  const counts = [...bounds, undefined].map((bound) =>
    Math.max(0, regroupCounts(a, bound) + factor * regroupCounts(b, bound)),
  );
  return { bounds, counts };
}

/**
 * Computes the measurement of a series from point to point. A cumulative one starts from zero after a restart of its sender: a new
 * start time, or a value below the last one.
 *
 * @param startsAtZero whether everything before the first point was measured in the window
 */
export function computeDeltas(
  rows: readonly Row[],
  { isDelta, scale, startsAtZero }: { isDelta: boolean; scale: number; startsAtZero: boolean },
): Delta[] {
  let last: { row: Row; point: StoredDistribution } | undefined;
  return rows.flatMap((row) => {
    const point = parseJson<StoredDistribution>(row['data'], {});
    const before = last;
    last = { row, point };
    const timeMs = Number(row['time_us']) / 1000;
    const { min, max } = point;
    const value = Number(row['value'] ?? 0);
    const whole = {
      timeMs,
      value,
      count: point.count ?? 0,
      sum: point.sum ?? 0,
      min,
      max,
      buckets: toBuckets(point, scale),
    };
    if (isDelta) return [whole];
    // The first point of a longer history has nothing to compare with.
    if (before === undefined) return startsAtZero ? [whole] : [];
    const isRestart =
      before.row['start_us'] !== row['start_us'] ||
      value < Number(before.row['value'] ?? 0) ||
      whole.count < (before.point.count ?? 0);
    if (isRestart) return [whole];
    return [
      {
        timeMs,
        value: value - Number(before.row['value'] ?? 0),
        count: whole.count - (before.point.count ?? 0),
        sum: whole.sum - (before.point.sum ?? 0),
        min: undefined,
        max: undefined,
        buckets: addBuckets(whole.buckets, toBuckets(before.point, scale), -1),
      },
    ];
  });
}

/** An estimate of a quantile, within its bucket in proportion. */
export function quantile(buckets: Buckets | undefined, ratio: number): number | null {
  if (buckets === undefined) return null;
  const total = buckets.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rest = total * ratio;
  for (const [index, count] of buckets.counts.entries()) {
    if (count === 0 || rest > count) {
      rest -= count;
      continue;
    }
    const upper = buckets.bounds[index];
    const lower = buckets.bounds[index - 1] ?? Math.min(0, upper ?? 0);
    return upper === undefined ? lower : lower + ((upper - lower) * rest) / count;
  }
  return buckets.bounds.at(-1) ?? null;
}
