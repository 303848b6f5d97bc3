import { bounds } from './bounds.ts';
import { type Decoded, type MetricData, metricTypes, type MetricType } from './model.ts';
import { MetricCheck } from './metric-check.ts';
import { readGroups } from './protobuf-groups.ts';
import { readPoint } from './protobuf-points.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/** The fields of `Metric` that hold data, by their numbers. */
const typesByField: Readonly<Record<number, MetricType>> = {
  5: metricTypes[0],
  7: metricTypes[1],
  9: metricTypes[2],
  10: metricTypes[3],
  11: metricTypes[4],
};

function readData(reader: ProtobufReader, metric: MetricData): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) metric.points.push(readPoint(reader, metric.type));
    else if (reader.field === 2 && metric.type !== 'gauge') metric.temporality = reader.varint();
    else if (reader.field === 3 && metric.type === 'sum') metric.monotonic = reader.varint() !== 0;
    else reader.skipField();
  }
  reader.leave(outer);
}

/** A metric without points. */
export function emptyMetric(): MetricData {
  return { name: '', unit: '', description: '', type: 'gauge', temporality: 0, monotonic: false, points: [] };
}

function readMetric(reader: ProtobufReader): MetricData {
  const metric = emptyMetric();
  const outer = reader.enter();
  while (reader.next()) {
    const type = typesByField[reader.field];
    if (type !== undefined) {
      metric.type = type;
      readData(reader, metric);
    } else if (reader.field === 1) metric.name = reader.text(bounds.nameLength);
    else if (reader.field === 2) metric.description = reader.text(bounds.nameLength);
    else if (reader.field === 3) metric.unit = reader.text(bounds.nameLength);
    else reader.skipField();
  }
  reader.leave(outer);
  return metric;
}

/** Reads an `ExportMetricsServiceRequest`. @throws {RangeError} for bytes that are none */
export function readMetrics(bytes: Uint8Array): Decoded<MetricData> {
  const check = new MetricCheck();
  const groups = readGroups(new ProtobufReader(bytes), (reader) => check.accept(readMetric(reader)));
  return { groups, ...check.refusals };
}
