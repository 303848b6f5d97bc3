import type { Attributes, HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import {
  DataPointType,
  type MetricData,
  type MetricDescriptor,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';

import type { Point } from '../data-point.ts';
import { type Exemplar, getExemplars } from '@sonde/sdk';

/** A metric without its data points. */
export interface MetricIdentity {
  readonly scope: InstrumentationScope;
  readonly descriptor: MetricDescriptor;
  readonly dataPointType: DataPointType;
  readonly isMonotonic: boolean;
}

/** A data point as it is sent between processes. */
export interface WirePoint {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  readonly value: Point['value'];
  readonly exemplars: readonly Exemplar[];
}

/** Data points of one metric. */
export interface Batch {
  readonly metric: MetricIdentity;
  readonly points: readonly WirePoint[];
}

const pointsPerBatch = 500;

/** Converts collected metrics to batches of the points that `isIncluded` accepts. */
export function* toBatches(
  scopeMetrics: readonly ScopeMetrics[],
  isIncluded: (descriptor: MetricDescriptor, point: Point) => boolean = () => true,
): Generator<Batch, void> {
  for (const { scope, metrics } of scopeMetrics) {
    for (const data of metrics) {
      const points: readonly Point[] = data.dataPoints;
      const metric = metricIdentity(scope, data);
      let batch: WirePoint[] = [];
      for (const point of points) {
        if (!isIncluded(data.descriptor, point)) continue;
        const { attributes, startTime, value } = point;
        batch.push({ attributes, startTime, value, exemplars: getExemplars(attributes, 0) });
        if (batch.length < pointsPerBatch) continue;
        yield { metric, points: batch };
        batch = [];
      }
      if (batch.length > 0) yield { metric, points: batch };
    }
  }
}

function metricIdentity(
  { name, version, schemaUrl }: InstrumentationScope,
  data: MetricData,
): MetricIdentity {
  const { descriptor, dataPointType } = data;
  return {
    scope: {
      name,
      ...(version === undefined ? {} : { version }),
      ...(schemaUrl === undefined ? {} : { schemaUrl }),
    },
    descriptor: {
      name: descriptor.name,
      description: descriptor.description,
      unit: descriptor.unit,
      valueType: descriptor.valueType,
    },
    dataPointType,
    isMonotonic: dataPointType === DataPointType.SUM && data.isMonotonic,
  };
}

/** Detects points that changed since the previous check. */
export class ChangeTracker {
  readonly #last = new WeakMap<MetricDescriptor, WeakMap<Attributes, number>>();

  hasChanged(descriptor: MetricDescriptor, { attributes, value }: Point): boolean {
    const current = typeof value === 'number' ? value : value.count;
    const known = this.#last.get(descriptor) ?? new WeakMap<Attributes, number>();
    if (Object.is(known.get(attributes), current)) return false;
    known.set(attributes, current);
    this.#last.set(descriptor, known);
    return true;
  }
}
