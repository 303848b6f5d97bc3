import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';

import { addValues, isBefore, type Point } from '../data-point.ts';
import type { Batch, MetricIdentity, WirePoint } from './batch.ts';
import { combineGauges, type GaugeAggregation } from './gauge-aggregation.ts';
import { attachReservoir, Reservoir } from '@sonde/sdk';

/** Aggregates the metrics of all processes of a cluster, live and ended. */
export class ClusterTotals {
  readonly #metrics = new Map<string, MetricTotals>();
  readonly #gaugeAggregation: GaugeAggregation;

  constructor(gaugeAggregation: GaugeAggregation) {
    this.#gaugeAggregation = gaugeAggregation;
  }

  /** Replaces the points that a process sent earlier. `worker` is the number of the process. */
  apply(worker: number, { metric, points }: Batch): void {
    const totals = this.#metric(metric);
    for (const point of points) totals.apply(worker, point);
  }

  /** Retains the counts of a process that ended, and drops its gauges. */
  removeWorker(worker: number): void {
    for (const totals of this.#metrics.values()) totals.removeWorker(worker);
  }

  /** The counts of ended processes. */
  *retained(): Generator<Batch, void> {
    for (const totals of this.#metrics.values()) yield* totals.retained();
  }

  /** The aggregated metrics. Yields regularly, to allow a pause. */
  *scopeMetrics(): Generator<undefined, ScopeMetrics[]> {
    const scopes = new Map<string, ScopeMetrics>();
    for (const totals of this.#metrics.values()) {
      const data = yield* totals.data(this.#gaugeAggregation);
      if (data.dataPoints.length === 0) continue;
      const { scope } = totals.identity;
      const key = scopeKey(totals.identity);
      const scopeMetrics = scopes.get(key) ?? { scope, metrics: [] };
      scopeMetrics.metrics.push(data);
      scopes.set(key, scopeMetrics);
    }
    return [...scopes.values()];
  }

  #metric(identity: MetricIdentity): MetricTotals {
    const { descriptor, dataPointType, isMonotonic } = identity;
    const key = [scopeKey(identity), descriptor.name, descriptor.unit, dataPointType, isMonotonic].join('\0');
    let totals = this.#metrics.get(key);
    if (totals === undefined) {
      const known = [...this.#metrics.values()].find((one) => scopeKey(one.identity) === scopeKey(identity));
      totals = new MetricTotals({ ...identity, scope: known?.identity.scope ?? identity.scope });
      this.#metrics.set(key, totals);
    }
    return totals;
  }
}

interface SeriesTotals {
  /** The same object for each scrape, so that label strings are cached. */
  readonly attributes: Attributes;
  readonly live: Map<number, WirePoint>;
  readonly attributesByWorker: Map<number, Attributes>;
  reservoir: Reservoir | undefined;
  retained: WirePoint | undefined;
}

const seriesBetweenPauses = 256;

class MetricTotals {
  readonly identity: MetricIdentity;
  readonly #series = new Map<string, SeriesTotals>();

  constructor(identity: MetricIdentity) {
    this.identity = identity;
  }

  apply(worker: number, point: WirePoint): void {
    const series = this.#lookup(point.attributes);
    series.live.set(worker, point);
    for (const { value, timeMs, ...source } of point.exemplars) {
      if (series.reservoir === undefined) {
        series.reservoir = new Reservoir();
        attachReservoir(series.attributes, series.reservoir);
      }
      series.reservoir.offer({ value, timeMs, source });
    }
  }

  removeWorker(worker: number): void {
    for (const [key, series] of this.#series) {
      const last = series.live.get(worker);
      if (last === undefined) continue;
      series.live.delete(worker);
      series.attributesByWorker.delete(worker);
      if (this.#isCounted) series.retained = addPoints(series.retained, last);
      else if (series.live.size === 0) this.#series.delete(key);
    }
  }

  *retained(): Generator<Batch, void> {
    const points = [...this.#series.values()].flatMap(({ retained }) => retained ?? []);
    if (points.length > 0) yield { metric: this.identity, points };
  }

  *data(gaugeAggregation: GaugeAggregation): Generator<undefined, MetricData> {
    const points: Point[] = [];
    let count = 0;
    for (const series of this.#series.values()) {
      if (count++ % seriesBetweenPauses === 0) yield undefined;
      if (this.identity.dataPointType === DataPointType.GAUGE)
        points.push(...combineGauges(series, gaugeAggregation));
      else points.push(...sumPoints(series));
    }
    return metricData(this.identity, points);
  }

  /** Whether counts are retained when a process ends. */
  get #isCounted(): boolean {
    const { dataPointType, isMonotonic } = this.identity;
    return dataPointType === DataPointType.SUM ? isMonotonic : dataPointType !== DataPointType.GAUGE;
  }

  #lookup(attributes: Attributes): SeriesTotals {
    const key = JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    let series = this.#series.get(key);
    if (series === undefined) {
      const frozen = Object.freeze({ ...attributes });
      series = {
        attributes: frozen,
        live: new Map(),
        attributesByWorker: new Map(),
        reservoir: undefined,
        retained: undefined,
      };
      this.#series.set(key, series);
    }
    return series;
  }
}

function sumPoints({ attributes, live, retained }: SeriesTotals): Point[] {
  let sum = retained;
  for (const point of live.values()) sum = addPoints(sum, point);
  return sum === undefined
    ? []
    : [{ attributes, startTime: sum.startTime, endTime: epoch, value: sum.value }];
}

/** Adds two points; `a` wins if they are histograms with different boundaries. */
function addPoints(a: WirePoint | undefined, b: WirePoint): WirePoint {
  if (a === undefined) return b;
  const startTime = isBefore(a.startTime, b.startTime) ? a.startTime : b.startTime;
  return { ...a, startTime, value: addValues(a.value, b.value) ?? a.value };
}

function metricData({ descriptor, dataPointType, isMonotonic }: MetricIdentity, points: Point[]): MetricData {
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  const data: object = { descriptor, aggregationTemporality, dataPointType, isMonotonic, dataPoints: points };
  if (!isMetricData(data)) throw new Error('a metric requires data points');
  return data;
}

function isMetricData(data: object): data is MetricData {
  return 'dataPoints' in data && 'descriptor' in data;
}

function scopeKey({ scope }: MetricIdentity): string {
  return [scope.name, scope.version, scope.schemaUrl].join('\0');
}

const epoch: HrTime = [0, 0];
