import type { HrTime } from '@opentelemetry/api';
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import { classicHistogram } from './classic-histogram.ts';
import type { Point } from '../../data-point.ts';
import { collectSamples, droppedSeriesFamily, type ExpositionContext, type Family } from './family.ts';
import { isExponential } from '../../data-point.ts';
import { nativeHistogram, type NativeBuckets } from './native-histogram.ts';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import type { Series } from './series.ts';
import { type Exemplar, exemplarsByBucket } from '@sonde/sdk';

const familyTypes = { counter: 0, gauge: 1, info: 1, histogram: 4 } as const;
const pointsBetweenPauses = 64;
const partBytes = 65_536;

/**
 * Writes families as length-delimited `io.prometheus.client.MetricFamily` messages. Empty strings only allow a pause.
 *
 * @see https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
export function* encodeProtobuf(
  families: readonly Family[],
  context: ExpositionContext,
): Generator<string | Uint8Array, void> {
  for (const family of families) yield* familyMessage(family, context);
  const droppedFamily = droppedSeriesFamily(context.dropped);
  if (droppedFamily !== undefined) yield* familyMessage(droppedFamily, context);
}

function* familyMessage(family: Family, context: ExpositionContext): Generator<string | Uint8Array, void> {
  const { series, points } = yield* collectSamples(family, context.dropped);
  // The length precedes the message: parts are not copied, as the bytes of one growing writer would be.
  const parts: Uint8Array[] = [];
  let length = 0;
  const writer = new ProtobufWriter();
  writer.string(1, family.name);
  if (family.help !== '') writer.string(2, family.help);
  writer.uint(3, familyTypes[family.type]);
  for (let index = 0; index < series.length; index++) {
    const one = series[index];
    const point = points[index];
    if (one !== undefined && point !== undefined) writeMetric(writer, family, one, point, context);
    if (writer.length >= partBytes) {
      parts.push(writer.finish());
      length += parts.at(-1)?.length ?? 0;
    }
    if (index % pointsBetweenPauses === 0) yield '';
  }
  // Prometheus before 3.9 rejects the whole exposition if the unit is not the suffix of the name.
  if (family.unit !== '' && hasUnitSuffix(family)) writer.string(5, family.unit);
  const prefix = new ProtobufWriter(10);
  prefix.varint(length + writer.length);
  yield prefix.written;
  yield* parts;
  yield writer.written;
}

function hasUnitSuffix({ name, type, unit }: Family): boolean {
  const base = type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  return base.endsWith(`_${unit}`);
}

function writeMetric(
  writer: ProtobufWriter,
  family: Family,
  series: Series,
  point: Point,
  context: ExpositionContext,
): void {
  const { value, startTime } = point;
  writer.message(4, () => {
    series.encoded ??= encodedLabels(series);
    writer.raw(series.encoded);
    if (typeof value !== 'number') {
      writer.message(7, () => {
        writeHistogram(writer, value, context.getExemplars(point));
        if (context.created) writer.message(15, () => writeTime(writer, startTime));
      });
    } else if (family.type === 'counter') {
      writer.message(3, () => {
        writer.double(1, value);
        const exemplar = context.getExemplars(point).at(-1);
        if (exemplar !== undefined) writeExemplar(writer, 2, exemplar);
        if (context.created) writer.message(3, () => writeTime(writer, startTime));
      });
    } else {
      writer.message(2, () => writer.double(1, value));
    }
  });
}

function writeHistogram(
  writer: ProtobufWriter,
  value: Histogram | ExponentialHistogram,
  exemplars: readonly Exemplar[],
): void {
  writer.uint(1, value.count);
  // Without the field Prometheus stores a sum of 0.
  writer.double(2, value.sum ?? Number.NaN);
  if (!isExponential(value)) {
    writeBuckets(writer, value, exemplars);
    return;
  }
  const native = nativeHistogram(value);
  if (native === undefined) {
    writeBuckets(writer, classicHistogram(value), exemplars);
    return;
  }
  writer.sint(5, native.schema);
  writer.double(6, 0);
  writer.uint(7, value.zeroCount);
  writeNative(writer, native.negative, 9, 10);
  const isEmpty = native.negative.spans.length + native.positive.spans.length === 0;
  // An empty span distinguishes a native histogram without observations from a classic one.
  writeNative(writer, isEmpty ? { spans: [{ offset: 0, length: 0 }], deltas: [] } : native.positive, 12, 13);
  for (const exemplar of exemplars) writeExemplar(writer, 16, exemplar);
}

function writeBuckets(writer: ProtobufWriter, { buckets }: Histogram, exemplars: readonly Exemplar[]): void {
  const inBuckets = exemplars.length === 0 ? undefined : exemplarsByBucket(exemplars, buckets.boundaries);
  let cumulative = 0;
  for (let index = 0; index < buckets.counts.length; index++) {
    cumulative += buckets.counts[index] ?? 0;
    writer.message(3, () => {
      writer.uint(1, cumulative);
      writer.double(2, buckets.boundaries[index] ?? Infinity);
      const exemplar = inBuckets?.[index];
      if (exemplar !== undefined) writeExemplar(writer, 3, exemplar);
    });
  }
}

function writeNative(
  writer: ProtobufWriter,
  buckets: NativeBuckets,
  spanField: number,
  deltaField: number,
): void {
  for (const { offset, length } of buckets.spans) {
    writer.message(spanField, () => {
      writer.sint(1, offset);
      writer.uint(2, length);
    });
  }
  for (const delta of buckets.deltas) writer.sint(deltaField, delta);
}

function writeExemplar(writer: ProtobufWriter, field: number, exemplar: Exemplar): void {
  writer.message(field, () => {
    if (exemplar.traceId !== '') {
      writePair(writer, 'trace_id', exemplar.traceId);
      writePair(writer, 'span_id', exemplar.spanId);
    }
    writer.double(2, exemplar.value);
    const seconds = Math.floor(exemplar.timeMs / 1000);
    writer.message(3, () =>
      writeTime(writer, [seconds, Math.round((exemplar.timeMs - seconds * 1000) * 1e6)]),
    );
  });
}

function encodedLabels({ index, attributes }: Series): Uint8Array {
  const writer = new ProtobufWriter();
  for (const { name, value } of index.labels(attributes)) writePair(writer, name, value);
  return writer.written.slice();
}

function writePair(writer: ProtobufWriter, name: string, value: string): void {
  writer.message(1, () => {
    writer.string(1, name);
    writer.string(2, value);
  });
}

function writeTime(writer: ProtobufWriter, [seconds, nanoseconds]: HrTime): void {
  writer.uint(1, seconds);
  if (nanoseconds > 0) writer.uint(2, nanoseconds);
}
