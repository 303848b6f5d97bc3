import { ValueType, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricDescriptor,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';

/** The number of workers of a cluster by state. */
export interface ClusterCounts {
  readonly workers: number;
  readonly stale: number;
  readonly ended: number;
  readonly lost: number;
}

const epoch: HrTime = [0, 0];
const startTime: HrTime = [Math.floor(Date.now() / 1000), 0];
const scope = { name: '@sonde/exporters' };
const attributes = {};

const workers = descriptor('sonde.cluster.workers', 'The number of workers that report metrics.');
const stale = descriptor(
  'sonde.cluster.workers.stale',
  'The number of workers that did not respond to the last scrape in time.',
);
const ended = descriptor('sonde.cluster.workers.ended', 'The number of workers that ended.');
const lost = descriptor(
  'sonde.cluster.workers.lost',
  'The number of workers that ended without reporting their last metrics.',
);

/** Converts the counts to metrics. */
export function clusterMetrics(counts: ClusterCounts): ScopeMetrics {
  const metrics = [
    gauge(workers, counts.workers),
    gauge(stale, counts.stale),
    counter(ended, counts.ended),
    counter(lost, counts.lost),
  ];
  return { scope, metrics };
}

function gauge(described: MetricDescriptor, value: number): MetricData {
  return {
    descriptor: described,
    dataPointType: DataPointType.GAUGE,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [{ attributes, startTime, endTime: epoch, value }],
  };
}

function counter(described: MetricDescriptor, value: number): MetricData {
  return {
    descriptor: described,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [{ attributes, startTime, endTime: epoch, value }],
  };
}

function descriptor(name: string, description: string): MetricDescriptor {
  return { name, description, unit: '{worker}', valueType: ValueType.INT };
}
