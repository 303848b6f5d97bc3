import type { Attributes, HrTime } from '@opentelemetry/api';

import type { Point } from '../data-point.ts';
import type { WirePoint } from './batch.ts';

/**
 * How gauges of several processes are aggregated: `worker` keeps one series per process with the label `worker` (0 is the process
 * that serves), the others report the sum, the minimum or the maximum.
 */
export type GaugeAggregation = 'max' | 'min' | 'sum' | 'worker';

/** All gauge aggregations. */
export const gaugeAggregations: readonly GaugeAggregation[] = ['worker', 'sum', 'min', 'max'];

/** The values of one gauge series in all live processes. */
export interface LiveGauges {
  readonly attributes: Attributes;
  readonly live: ReadonlyMap<number, WirePoint>;
  /** The attributes with the worker number, cached between scrapes. */
  readonly attributesByWorker: Map<number, Attributes>;
}

/** Aggregates the gauges of one series. */
export function combineGauges(gauges: LiveGauges, aggregation: GaugeAggregation): Point[] {
  if (aggregation === 'worker') {
    return Array.from(gauges.live, ([worker, { startTime, value }]) => {
      const attributes = gauges.attributesByWorker.get(worker) ?? withWorker(gauges.attributes, worker);
      gauges.attributesByWorker.set(worker, attributes);
      return { attributes, startTime, endTime: epoch, value };
    });
  }
  const values = Array.from(gauges.live.values(), ({ value }) => Number(value));
  if (values.length === 0) return [];
  return [
    { attributes: gauges.attributes, startTime: epoch, endTime: epoch, value: combine(values, aggregation) },
  ];
}

/** Adds the number of the process. An attribute of this name gets a prefix, as a label that conflicts with one of the target. */
function withWorker({ worker: own, ...attributes }: Attributes, worker: number): Attributes {
  return Object.freeze({ ...attributes, ...(own === undefined ? {} : { exported_worker: own }), worker });
}

function combine(values: readonly number[], aggregation: Exclude<GaugeAggregation, 'worker'>): number {
  if (aggregation === 'sum') return values.reduce((sum, value) => sum + value, 0);
  return aggregation === 'min' ? Math.min(...values) : Math.max(...values);
}

const epoch: HrTime = [0, 0];
