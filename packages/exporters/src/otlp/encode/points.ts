import type { HrTime } from '@opentelemetry/api';
import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { ProtobufWriter } from '../../protobuf/writer.ts';
import { AttributeEncoder } from './attribute-encoder.ts';
import { type Exemplar, getExemplars } from '@sonde/sdk';

const numberAttributes = new AttributeEncoder(7);
const histogramAttributes = new AttributeEncoder(9);
const exponentialAttributes = new AttributeEncoder(1);

/** The number type of a metric, and the exemplars to encode. */
export interface PointContext {
  readonly isInteger: boolean;
  /** Unix time in milliseconds: older exemplars have been sent. */
  readonly exemplarsAfterMs: number;
}

/** How long exemplars are retained, since several exporters use them. */
const exemplarWindowMs = 600_000;

/** Writes a data point of a sum or a gauge as a `NumberDataPoint`. */
export function writeNumber(writer: ProtobufWriter, point: DataPoint<number>, context: PointContext): void {
  const start = writer.open(1, 2);
  writeTimes(writer, point);
  if (context.isInteger && fitsInt64(point.value)) writer.fixed64(6, Math.trunc(point.value));
  else writer.double(4, point.value);
  numberAttributes.write(writer, point.attributes);
  writeExemplars(writer, 5, point, context);
  writer.close(start, 2);
}

/** Writes a data point of a histogram as a `HistogramDataPoint`. */
export function writeHistogram(
  writer: ProtobufWriter,
  point: DataPoint<Histogram>,
  context: PointContext,
): void {
  const { buckets, count, sum, min, max } = point.value;
  const start = writer.open(1, 2);
  writeTimes(writer, point);
  writer.fixed64(4, count);
  if (sum !== undefined) writer.double(5, sum);
  if (buckets.counts.length > 0) {
    const counts = writer.open(6);
    for (const each of buckets.counts) writer.fixed64Item(each);
    writer.close(counts);
  }
  if (buckets.boundaries.length > 0) {
    const boundaries = writer.open(7);
    for (const each of buckets.boundaries) writer.doubleItem(each);
    writer.close(boundaries);
  }
  histogramAttributes.write(writer, point.attributes);
  writeExemplars(writer, 8, point, context);
  if (min !== undefined) writer.double(11, min);
  if (max !== undefined) writer.double(12, max);
  writer.close(start, 2);
}

/** Writes a data point of an exponential histogram as an `ExponentialHistogramDataPoint`. */
export function writeExponentialHistogram(
  writer: ProtobufWriter,
  point: DataPoint<ExponentialHistogram>,
  context: PointContext,
): void {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = point.value;
  const start = writer.open(1, 2);
  exponentialAttributes.write(writer, point.attributes);
  writeTimes(writer, point);
  writer.fixed64(4, count);
  if (sum !== undefined) writer.double(5, sum);
  if (scale !== 0) writer.sint(6, scale);
  if (zeroCount !== 0) writer.fixed64(7, zeroCount);
  writeBuckets(writer, 8, positive);
  writeBuckets(writer, 9, negative);
  writeExemplars(writer, 11, point, context);
  if (min !== undefined) writer.double(12, min);
  if (max !== undefined) writer.double(13, max);
  writer.close(start, 2);
}

/** Whether a number of an integer instrument is exported as an integer. Others, NaN included, are exported as doubles. */
function fitsInt64(value: number): boolean {
  return value >= -(2 ** 63) && value < 2 ** 63;
}

function writeBuckets(
  writer: ProtobufWriter,
  field: number,
  { offset, bucketCounts }: ExponentialHistogram['positive'],
): void {
  const start = writer.open(field);
  if (offset !== 0) writer.sint(1, offset);
  if (bucketCounts.length > 0) {
    const counts = writer.open(2);
    for (const count of bucketCounts) writer.varint(count);
    writer.close(counts);
  }
  writer.close(start);
}

function writeTimes(
  writer: ProtobufWriter,
  { startTime, endTime }: { readonly startTime: HrTime; readonly endTime: HrTime },
): void {
  writer.time(2, startTime[0], startTime[1]);
  writer.time(3, endTime[0], endTime[1]);
}

function writeExemplars(
  writer: ProtobufWriter,
  field: number,
  { attributes }: DataPoint<unknown>,
  { exemplarsAfterMs, isInteger }: PointContext,
): void {
  for (const exemplar of getExemplars(attributes, Date.now() - exemplarWindowMs)) {
    if (exemplar.timeMs > exemplarsAfterMs) writeExemplar(writer, field, exemplar, isInteger);
  }
}

function writeExemplar(
  writer: ProtobufWriter,
  field: number,
  { value, timeMs, traceId, spanId }: Exemplar,
  isInteger: boolean,
): void {
  const start = writer.open(field);
  const seconds = Math.floor(timeMs / 1000);
  writer.time(2, seconds, Math.round((timeMs - seconds * 1000) * 1e6));
  if (isInteger && fitsInt64(value)) writer.fixed64(6, Math.trunc(value));
  else writer.double(3, value);
  if (spanId !== '') writer.hex(4, spanId);
  if (traceId !== '') writer.hex(5, traceId);
  writer.close(start);
}
