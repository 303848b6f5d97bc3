import { AttributeList } from './attribute-list.ts';
import { bounds } from './bounds.ts';
import {
  type Distribution,
  type ExemplarData,
  type ExponentialBuckets,
  type MetricType,
  noTime,
  type PointData,
} from './model.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import { readAttribute } from './protobuf-values.ts';

function readExemplar(reader: ProtobufReader): ExemplarData {
  const attributes = new AttributeList();
  const exemplar: ExemplarData = { time: noTime, value: 0, traceId: '', spanId: '', attributes };
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 2) exemplar.time = reader.instant();
    else if (reader.field === 3) exemplar.value = reader.double();
    else if (reader.field === 4) exemplar.spanId = reader.hex();
    else if (reader.field === 5) exemplar.traceId = reader.hex();
    else if (reader.field === 6) exemplar.value = Number(reader.sfixed64());
    else if (reader.field === 7) readAttribute(reader, attributes);
    else reader.skipField();
  }
  reader.leave(outer);
  return exemplar;
}

/** Reads a repeated number, packed or not, into a bounded list. */
function readNumbers(reader: ProtobufReader, numbers: number[], read: () => number, unpacked: number): void {
  if (reader.wireType === unpacked) {
    const value = read();
    if (numbers.length < bounds.buckets) numbers.push(value);
    return;
  }
  const outer = reader.enter();
  while (reader.at < reader.end) {
    const value = read();
    if (numbers.length < bounds.buckets) numbers.push(value);
  }
  reader.leave(outer);
}

function readBuckets(reader: ProtobufReader): ExponentialBuckets {
  const buckets: ExponentialBuckets = { offset: 0, counts: [] };
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) buckets.offset = reader.sint32();
    else if (reader.field === 2) readNumbers(reader, buckets.counts, () => reader.varint(), 0);
    else reader.skipField();
  }
  reader.leave(outer);
  return buckets;
}

function readQuantile(reader: ProtobufReader): [number, number] {
  const quantile: [number, number] = [0, 0];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) quantile[0] = reader.double();
    else if (reader.field === 2) quantile[1] = reader.double();
    else reader.skipField();
  }
  reader.leave(outer);
  return quantile;
}

type ReadField<Target> = (reader: ProtobufReader, target: Target) => void;

const histogramFields: Readonly<Record<number, ReadField<Distribution>>> = {
  4: (reader, to) => (to.count = reader.fixed64()),
  5: (reader, to) => (to.sum = reader.double()),
  6: (reader, to) => readNumbers(reader, (to.counts ??= []), () => reader.fixed64(), 1),
  7: (reader, to) => readNumbers(reader, (to.bounds ??= []), () => reader.double(), 1),
  11: (reader, to) => (to.min = reader.double()),
  12: (reader, to) => (to.max = reader.double()),
};

const exponentialFields: Readonly<Record<number, ReadField<Distribution>>> = {
  4: (reader, to) => (to.count = reader.fixed64()),
  5: (reader, to) => (to.sum = reader.double()),
  6: (reader, to) => (to.scale = reader.sint32()),
  7: (reader, to) => (to.zeroCount = reader.fixed64()),
  8: (reader, to) => (to.positive = readBuckets(reader)),
  9: (reader, to) => (to.negative = readBuckets(reader)),
  12: (reader, to) => (to.min = reader.double()),
  13: (reader, to) => (to.max = reader.double()),
  14: (reader, to) => (to.zeroThreshold = reader.double()),
};

const summaryFields: Readonly<Record<number, ReadField<Distribution>>> = {
  4: (reader, to) => (to.count = reader.fixed64()),
  5: (reader, to) => (to.sum = reader.double()),
  6: (reader, to) => {
    const quantile = readQuantile(reader);
    const quantiles = (to.quantiles ??= []);
    if (quantiles.length < bounds.buckets) quantiles.push(quantile);
  },
};

/** The numbers of the fields that every kind of point has, and of those that it has alone. */
const layouts: Readonly<
  Record<
    MetricType,
    {
      attributes: number;
      exemplars: number;
      flags: number;
      own?: Readonly<Record<number, ReadField<Distribution>>>;
    }
  >
> = {
  gauge: { attributes: 7, exemplars: 5, flags: 8 },
  sum: { attributes: 7, exemplars: 5, flags: 8 },
  histogram: { attributes: 9, exemplars: 8, flags: 10, own: histogramFields },
  exponentialHistogram: { attributes: 1, exemplars: 11, flags: 10, own: exponentialFields },
  summary: { attributes: 7, exemplars: -1, flags: 8, own: summaryFields },
};

/** A point without values. */
export function emptyPoint(distribution: Distribution | undefined): PointData {
  return {
    attributes: new AttributeList(),
    start: noTime,
    time: noTime,
    flags: 0,
    value: null,
    isInteger: false,
    exactInteger: undefined,
    distribution,
    exemplars: [],
  };
}

/** Sets the value of a point to an integer, exactly. */
export function setInteger(point: PointData, integer: bigint): void {
  const number = Number(integer);
  point.value = number;
  point.isInteger = true;
  if (!Number.isSafeInteger(number)) point.exactInteger = String(integer);
}

export function readPoint(reader: ProtobufReader, type: MetricType): PointData {
  const layout = layouts[type];
  const distribution = layout.own === undefined ? undefined : { count: 0 };
  const point = emptyPoint(distribution);
  const outer = reader.enter();
  while (reader.next()) {
    const { field } = reader;
    const readOwn = layout.own?.[field];
    if (readOwn !== undefined && distribution !== undefined) readOwn(reader, distribution);
    else if (field === layout.attributes) readAttribute(reader, point.attributes);
    else if (field === 2) point.start = reader.instant();
    else if (field === 3) point.time = reader.instant();
    else if (field === layout.flags) point.flags = reader.varint();
    else if (field === layout.exemplars && point.exemplars.length < bounds.exemplars) {
      point.exemplars.push(readExemplar(reader));
    } else if (field === 4 && layout.own === undefined) point.value = reader.double();
    else if (field === 6 && layout.own === undefined) setInteger(point, reader.sfixed64());
    else reader.skipField();
  }
  reader.leave(outer);
  return point;
}
