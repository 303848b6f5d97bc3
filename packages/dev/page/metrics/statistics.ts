import type { Instrument, Point } from '../api/metric-types.ts';

/** A number of each point that a chart shows. */
export interface Statistic {
  readonly name: string;
  readonly get: (point: Point) => number | null | undefined;
  /** Whether it is in the instrument's unit; otherwise it is a count or a rate. */
  readonly inUnit: boolean;
}

const value: Statistic = { name: 'value', get: (point) => point.value, inUnit: true };
const rate: Statistic = { name: 'rate', get: (point) => point.rate, inUnit: false };

const histogramStatistics: readonly Statistic[] = [
  { name: 'p95', get: (point) => point.p95, inUnit: true },
  { name: 'p50', get: (point) => point.p50, inUnit: true },
  { name: 'p99', get: (point) => point.p99, inUnit: true },
  { name: 'mean', get: (point) => point.mean, inUnit: true },
  { name: 'max', get: (point) => point.max, inUnit: true },
  rate,
  { name: 'count', get: (point) => point.count, inUnit: false },
];

/** The statistics that an instrument has; the first is shown by default. */
export function listStatistics({
  type,
  monotonic,
}: Pick<Instrument, 'type' | 'monotonic'>): readonly Statistic[] {
  if (type === 'gauge') return [value];
  if (type === 'sum') return monotonic ? [rate, value] : [value];
  if (type === 'summary') return [{ name: 'mean', get: (point) => point.mean, inUnit: true }, rate];
  return histogramStatistics;
}
