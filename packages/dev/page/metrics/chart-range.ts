import type { InstrumentData } from '../api/metric-types.ts';

/** The time that the charts of an instrument show: from its first point on, so that a young session fills them. */
export function chartRange({
  from,
  to,
  series,
  stepMs,
}: InstrumentData): readonly [from: number, to: number] {
  let first = to;
  for (const { points } of series) first = Math.min(first, points[0]?.time ?? to);
  return [Math.max(from, first - Math.max(stepMs, (to - first) * 0.02)), to];
}
