import { addValues, isBefore, type Point } from '../../data-point.ts';
import type { DroppedSeries } from './dropped-series.ts';
import type { MetricGroup } from '../../metric-order.ts';
import { SeriesIndex, type Series } from './series.ts';
import type { FamilyType } from '@sonde/sdk/prometheus';
import type { Exemplar } from '@sonde/sdk';

/** The types of OpenMetrics that families have. */
export type OpenMetricsType = FamilyType | 'stateset';

/** The metrics with the same Prometheus name. */
export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly help: string;
  readonly group: MetricGroup;
  /** The type in OpenMetrics: a gauge may have the form of an info or a state set. */
  readonly openMetricsType: OpenMetricsType;
  /** Whether OpenMetrics can declare the type: no other family has one of the names that the type reserves. */
  readonly isTyped: boolean;
  readonly metrics: readonly FamilyMetric[];
  readonly seriesByLabels: Map<string, Series>;
}

/** A metric of a family, and the index of its series. */
export interface FamilyMetric {
  readonly points: readonly Point[];
  readonly index: SeriesIndex;
}

/** The points of a family and their series. No series occurs twice. */
export interface Samples {
  readonly series: readonly Series[];
  readonly points: readonly Point[];
}

/** The settings of one exposition that all formats share. */
export interface ExpositionContext {
  /** Whether to write creation timestamps, if the format supports them. */
  readonly created: boolean;
  readonly dropped: DroppedSeries;
  /** The exemplars of a point, oldest first; empty if the format does not support exemplars. */
  readonly getExemplars: (point: Point) => readonly Exemplar[];
}

const pointsBetweenPauses = 128;

/** Finds the series of each point and merges points of the same series. Yields empty strings regularly, to allow a pause. */
export function* collectSamples(family: Family, dropped: DroppedSeries): Generator<string, Samples> {
  const series: Series[] = [];
  const points: Point[] = [];
  let hasSharedSeries = false;
  for (const { index, points: own } of family.metrics) {
    const start = series.length;
    for (const point of own) {
      if (series.length % pointsBetweenPauses === 0) yield '';
      const one = index.lookup(point.attributes, series.length - start);
      hasSharedSeries ||= one.isShared;
      series.push(one);
      points.push(point);
    }
    index.last = start === 0 ? series : series.slice(start);
  }
  evictAbsentSeries(family, series);
  return hasSharedSeries ? yield* mergeShared(family, { series, points }, dropped) : { series, points };
}

function* mergeShared(family: Family, samples: Samples, dropped: DroppedSeries): Generator<string, Samples> {
  const bySeries = new Map<Series, Point>();
  for (const [index, point] of samples.points.entries()) {
    if (index % pointsBetweenPauses === 0) yield '';
    const one = samples.series[index];
    if (one === undefined) continue;
    const earlier = bySeries.get(one);
    const sum = earlier === undefined ? point : mergePoints(earlier, point, family.type);
    if (sum === undefined) dropped.add('duplicate_series', family.name, 1);
    else bySeries.set(one, sum);
  }
  return { series: [...bySeries.keys()], points: [...bySeries.values()] };
}

/** Evicts series without points once they outnumber those with points. */
function evictAbsentSeries({ seriesByLabels }: Family, series: readonly Series[]): void {
  if (seriesByLabels.size <= 2 * series.length + 1000) return;
  const present = new Set(series);
  for (const [text, one] of seriesByLabels) {
    if (present.has(one)) continue;
    one.isEvicted = true;
    seriesByLabels.delete(text);
  }
}

/** The sum of two points of one series; undefined for gauges and for histograms with different buckets. */
function mergePoints(a: Point, b: Point, type: FamilyType): Point | undefined {
  const value = type === 'counter' || type === 'histogram' ? addValues(a.value, b.value) : undefined;
  if (value === undefined) return undefined;
  const startTime = isBefore(b.startTime, a.startTime) ? b.startTime : a.startTime;
  return { attributes: a.attributes, startTime, endTime: a.endTime, value };
}

/** The number of dropped series as a metric; undefined if there are none. */
export function droppedSeriesFamily({ counts }: DroppedSeries): Family | undefined {
  if (counts.size === 0) return undefined;
  const known = new Map<string, Series>();
  const index = new SeriesIndex(known, { scope: [], reserved: '', labelName: (key) => key });
  const points = Array.from(counts, ([reason, value]) => ({
    attributes: { reason },
    startTime: epoch,
    endTime: epoch,
    value,
  }));
  return {
    name: 'sonde_prometheus_dropped_series',
    type: 'gauge',
    unit: '',
    help: 'The number of series dropped from this scrape response.',
    group: 'telemetry',
    openMetricsType: 'gauge',
    isTyped: true,
    metrics: [{ points, index }],
    seriesByLabels: known,
  };
}

const epoch: [number, number] = [0, 0];

const histogramSuffixes = ['', '_bucket', '_count', '_sum'];

/** Whether one of the names is that of the family or of one of its samples. */
export function isRequested({ name, type }: Family, names: ReadonlySet<string>): boolean {
  if (type !== 'histogram') return names.has(name);
  return histogramSuffixes.some((suffix) => names.has(name + suffix));
}
