import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import type { EncodedRequest } from './request-builder.ts';
import { writeResource, writeScope } from './resource-scope.ts';
import { type PointContext, writeExponentialHistogram, writeHistogram, writeNumber } from './points.ts';

/** Options of {@link encodeMetrics}. */
export interface MetricEncoding {
  /** Unix time in milliseconds: only newer exemplars are encoded. @default 0 */
  readonly exemplarsAfterMs?: number;
}

/** The number of data points of all metrics. */
function countPoints({ scopeMetrics }: ResourceMetrics): number {
  let count = 0;
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) count += dataPoints.length;
  return count;
}

/**
 * Encodes collected metrics as one `ExportMetricsServiceRequest`; `count` is the number of data points. Points recorded through
 * `ProxyMeterProvider` inside sampled spans carry exemplars. Never throws: a metric that cannot be encoded is left out and its
 * points are counted.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 * @example
 * ```ts
 * const { resourceMetrics } = await reader.collect();
 * const { body, count } = encodeMetrics(resourceMetrics);
 * ```
 */
export function encodeMetrics(
  resourceMetrics: ResourceMetrics,
  { exemplarsAfterMs = 0 }: MetricEncoding = {},
): EncodedRequest {
  const writer = new ProtobufWriter(16 * 1024);
  const { resource, scopeMetrics } = resourceMetrics;
  const resourceStart = writer.open(1, 3);
  let count = 0;
  try {
    writeResource(writer, resource);
    for (const each of scopeMetrics) count += writeScopeMetrics(writer, each, exemplarsAfterMs);
    if (resource.schemaUrl) writer.string(3, resource.schemaUrl);
    writer.close(resourceStart, 3);
  } catch {
    count = 0;
  }
  if (count === 0) writer.rewind(0);
  return { body: writer.finish(), count, unencodable: countPoints(resourceMetrics) - count };
}

function writeScopeMetrics(
  writer: ProtobufWriter,
  { scope, metrics }: ScopeMetrics,
  exemplarsAfterMs: number,
): number {
  const start = writer.open(2, 2);
  writeScope(writer, scope);
  let count = 0;
  for (const metric of metrics) {
    const before = writer.length;
    try {
      writeMetric(writer, metric, exemplarsAfterMs);
      count += metric.dataPoints.length;
    } catch {
      writer.rewind(before);
    }
  }
  if (scope.schemaUrl) writer.string(3, scope.schemaUrl);
  writer.close(start, 2);
  return count;
}

function writeMetric(writer: ProtobufWriter, metric: MetricData, exemplarsAfterMs: number): void {
  const { name, description, unit, valueType } = metric.descriptor;
  const context: PointContext = { isInteger: valueType === ValueType.INT, exemplarsAfterMs };
  const start = writer.open(2, 2);
  writer.string(1, name);
  if (description) writer.string(2, description);
  if (unit) writer.string(3, unit);
  writeData(writer, metric, context);
  writer.close(start, 2);
}

const dataField = {
  [DataPointType.GAUGE]: 5,
  [DataPointType.SUM]: 7,
  [DataPointType.HISTOGRAM]: 9,
  [DataPointType.EXPONENTIAL_HISTOGRAM]: 10,
} as const;

function writeData(writer: ProtobufWriter, metric: MetricData, context: PointContext): void {
  const start = writer.open(dataField[metric.dataPointType], 2);
  switch (metric.dataPointType) {
    case DataPointType.GAUGE:
      for (const point of metric.dataPoints) writeNumber(writer, point, context);
      break;
    case DataPointType.SUM:
      for (const point of metric.dataPoints) writeNumber(writer, point, context);
      writeTemporality(writer, metric.aggregationTemporality);
      if (metric.isMonotonic) writer.bool(3, true);
      break;
    case DataPointType.HISTOGRAM:
      for (const point of metric.dataPoints) writeHistogram(writer, point, context);
      writeTemporality(writer, metric.aggregationTemporality);
      break;
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      for (const point of metric.dataPoints) writeExponentialHistogram(writer, point, context);
      writeTemporality(writer, metric.aggregationTemporality);
      break;
    default:
  }
  writer.close(start, 2);
}

function writeTemporality(writer: ProtobufWriter, temporality: AggregationTemporality): void {
  writer.uint(2, temporality === AggregationTemporality.DELTA ? 1 : 2);
}
