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

/** What the processes of a cluster measured, added up: those that live, and what those that ended left behind. */
export class ClusterTotals {
  readonly #metrics = new Map<string, MetricTotals>();
  readonly #gaugeAggregation: GaugeAggregation;

  constructor(rule: GaugeAggregation) {
    this.#gaugeAggregation = rule;
  }

  /** Takes points of a process in place of the ones it sent before. `member` is a small number that stands for the process. */
  apply(member: number, { metric, points }: Batch): void {
    const totals = this.#metric(metric);
    for (const point of points) totals.apply(member, point);
  }

  /** Keeps the counts of a process that ended; its gauges end with it. */
  removeWorker(member: number): void {
    for (const totals of this.#metrics.values()) totals.removeWorker(member);
  }

  /** What is kept of ended processes. */
  *retained(): Generator<Batch, void> {
    for (const totals of this.#metrics.values()) yield* totals.retained();
  }

  /** All metrics as if one process had measured them. Pauses now and then by yielding. */
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
  /** The same object from page to page, so that label strings are built once. */
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

  apply(member: number, point: WirePoint): void {
    const series = this.#lookup(point.attributes);
    series.live.set(member, point);
    for (const { value, timeMs, ...source } of point.exemplars) {
      if (series.reservoir === undefined) {
        series.reservoir = new Reservoir();
        attachReservoir(series.attributes, series.reservoir);
      }
      series.reservoir.offer({ value, timeMs, source });
    }
  }

  removeWorker(member: number): void {
    for (const [key, series] of this.#series) {
      const last = series.live.get(member);
      if (last === undefined) continue;
      series.live.delete(member);
      series.attributesByWorker.delete(member);
      if (this.#isCounted) series.retained = addPoints(series.retained, last);
      else if (series.live.size === 0) this.#series.delete(key);
    }
  }

  *retained(): Generator<Batch, void> {
    const points = [...this.#series.values()].flatMap(({ retained }) => retained ?? []);
    if (points.length > 0) yield { metric: this.identity, points };
  }

  *data(rule: GaugeAggregation): Generator<undefined, MetricData> {
    const points: Point[] = [];
    let count = 0;
    for (const series of this.#series.values()) {
      if (count++ % seriesBetweenPauses === 0) yield undefined;
      if (this.identity.dataPointType === DataPointType.GAUGE) points.push(...combineGauges(series, rule));
      else points.push(...sumPoints(series));
    }
    return metricData(this.identity, points);
  }

  /** Whether what a process counted stays when it ends. */
  get #isCounted(): boolean {
    const { dataPointType, isMonotonic } = this.identity;
    return dataPointType === DataPointType.SUM ? isMonotonic : dataPointType !== DataPointType.GAUGE;
  }

  #lookup(attributes: Attributes): SeriesTotals {
    const key = JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    let series = this.#series.get(key);
    if (series === undefined) {
      const own = Object.freeze({ ...attributes });
      series = {
        attributes: own,
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

/** Points that cannot be added, histograms with other boundaries, leave the first one as it is. */
function addPoints(a: WirePoint | undefined, b: WirePoint): WirePoint {
  if (a === undefined) return b;
  const startTime = isBefore(a.startTime, b.startTime) ? a.startTime : b.startTime;
  return { ...a, startTime, value: addValues(a.value, b.value) ?? a.value };
}

function metricData({ descriptor, dataPointType, isMonotonic }: MetricIdentity, points: Point[]): MetricData {
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  const data: object = { descriptor, aggregationTemporality, dataPointType, isMonotonic, dataPoints: points };
  if (!isMetricData(data)) throw new Error('a metric needs points');
  return data;
}

function isMetricData(data: object): data is MetricData {
  return 'dataPoints' in data && 'descriptor' in data;
}

function scopeKey({ scope }: MetricIdentity): string {
  return [scope.name, scope.version, scope.schemaUrl].join('\0');
}

const epoch: HrTime = [0, 0];
