import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { Losses } from './losses.ts';
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
  readonly ownsBase: boolean;
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

const pointsBetweenPauses = 512;

/** Finds the series of every point and merges points that share one. Pauses now and then by yielding. */
export function* samplesOf(family: Family, losses: Losses): Generator<undefined, Samples> {
  const series: Series[] = [];
  const points: Point[] = [];
  const places = new Map<Series, number>();
  for (const { points: metricPoints, index } of family.metrics) {
    for (const point of metricPoints) {
      if (series.length % pointsBetweenPauses === 0) yield undefined;
      const one = index.of(point.attributes);
      const place = one.shared ? places.get(one) : undefined;
      const earlier = place === undefined ? undefined : points[place];
      if (place !== undefined && earlier !== undefined) {
        points[place] = mergedPoint(earlier, point, family.type) ?? lost(losses, family, point);
        continue;
      }
      if (one.shared) places.set(one, series.length);
      series.push(one);
      points.push(point);
    }
  }
  if (family.known.size > 2 * series.length + 1000) {
    family.known.clear();
    for (const one of series) family.known.set(one.text, one);
  }
  return { series, points };
}

function lost(losses: Losses, family: Family, kept: Point): Point {
  losses.add('duplicate_series', family.name, 1);
  return kept;
}
