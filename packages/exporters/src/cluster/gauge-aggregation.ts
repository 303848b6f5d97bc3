import type { Attributes, HrTime } from '@opentelemetry/api';

import type { Point } from '../data-point.ts';
import type { WirePoint } from './batch.ts';

/**
 * How the gauges of several processes become those of one page: one series for each process with the label `worker` (the primary is 0), or
 * the sum, the smallest or the largest of their values.
 */
export type GaugeAggregation = 'max' | 'min' | 'sum' | 'worker';

/** Every rule. */
export const gaugeAggregations: readonly GaugeAggregation[] = ['worker', 'sum', 'min', 'max'];

/** The gauges of one series in every process that lives. */
export interface LiveGauges {
  readonly attributes: Attributes;
  readonly live: ReadonlyMap<number, WirePoint>;
  /** The attributes with the worker's number, kept from page to page. */
  readonly attributesByWorker: Map<number, Attributes>;
}

/** The points of one series by the rule. */
export function combineGauges(gauges: LiveGauges, rule: GaugeAggregation): Point[] {
  if (rule === 'worker') {
    return Array.from(gauges.live, ([member, { startTime, value }]) => {
      const attributes =
        gauges.attributesByWorker.get(member) ?? Object.freeze({ ...gauges.attributes, worker: member });
      gauges.attributesByWorker.set(member, attributes);
      return { attributes, startTime, endTime: epoch, value };
    });
  }
  const values = Array.from(gauges.live.values(), ({ value }) => Number(value));
  if (values.length === 0) return [];
  return [{ attributes: gauges.attributes, startTime: epoch, endTime: epoch, value: combine(values, rule) }];
}

function combine(values: readonly number[], rule: Exclude<GaugeAggregation, 'worker'>): number {
  if (rule === 'sum') return values.reduce((sum, value) => sum + value, 0);
  return rule === 'min' ? Math.min(...values) : Math.max(...values);
}

const epoch: HrTime = [0, 0];
