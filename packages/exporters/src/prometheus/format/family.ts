import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { DroppedSeries } from './dropped-series.ts';
import { mergedPoint } from './merge.ts';
import type { Series, SeriesIndex } from './series.ts';
import type { FamilyType } from './translation.ts';

/** Any point that a reader collects. */
export type Point = DataPoint<number | Histogram | ExponentialHistogram>;

/** All metrics that end in one Prometheus name. */
export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly help: string;
  /** Whether OpenMetrics can name the family without its `_total` or `_info`: no other family has that name. */
  readonly canOmitSuffix: boolean;
  readonly metrics: readonly FamilyMetric[];
  readonly known: Map<string, Series>;
}

/** One metric of a family with the index of its series. */
export interface FamilyMetric {
  readonly points: readonly Point[];
  readonly index: SeriesIndex;
}

/** A family's points, each with its series; no series occurs twice. */
export interface Samples {
  readonly series: readonly Series[];
  readonly points: readonly Point[];
}

const pointsBetweenPauses = 128;

/** Finds the series of every point and merges points that share one. Now and then it yields an empty string: a moment to pause. */
export function* collectSamples(family: Family, losses: DroppedSeries): Generator<string, Samples> {
  const series: Series[] = [];
  const points: Point[] = [];
  let hasShared = false;
  for (const metric of family.metrics) {
    for (const point of metric.points) {
      if (series.length % pointsBetweenPauses === 0) yield '';
      const one = metric.index.lookup(point.attributes);
      hasShared ||= one.shared;
      series.push(one);
      points.push(point);
    }
  }
  forgetOld(family, series);
  return hasShared ? merged(family, { series, points }, losses) : { series, points };
}

function merged(family: Family, samples: Samples, losses: DroppedSeries): Samples {
  const bySeries = new Map<Series, Point>();
  for (const [index, point] of samples.points.entries()) {
    const one = samples.series[index];
    if (one === undefined) continue;
    const earlier = bySeries.get(one);
    const sum = earlier === undefined ? point : mergedPoint(earlier, point, family.type);
    if (sum === undefined) losses.add('duplicate_series', family.name, 1);
    else bySeries.set(one, sum);
  }
  return { series: [...bySeries.keys()], points: [...bySeries.values()] };
}

/** Forgets series that left the page, once they outnumber those on it. */
function forgetOld({ known }: Family, series: readonly Series[]): void {
  if (known.size <= 2 * series.length + 1000) return;
  const present = new Set(series);
  for (const [text, one] of known) {
    if (present.has(one)) continue;
    one.isForgotten = true;
    known.delete(text);
  }
}
