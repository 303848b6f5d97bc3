/** Reads sequence numbers and counter values from OTLP protobuf requests. */

/** A point of the counter `work`. */
export interface CounterPoint {
  /** Start and end of the interval, as written in the request. */
  readonly start: bigint;
  readonly end: bigint;
  readonly value: number;
  readonly isDelta: boolean;
}

/** The numbered telemetry of a request; items without a number are ignored. */
export interface NumberedItems {
  readonly spans: readonly number[];
  readonly logs: readonly number[];
  readonly points: readonly CounterPoint[];
}

/** The attribute with the sequence number of a span or log record. */
const sequenceKey = 'seq';
const counterName = 'work';
const deltaTemporality = 1;

/** Receives a field of a message: its content from `from` to `to`, or its integer. */
type Visit = (field: number, from: number, to: number, integer: number) => void;

/** Visits the fields of the message between two offsets, in the order of the sender: the Collector writes the last first. Numbers are exact up to 2^53, which sequence numbers respect. */
function visitFields(bytes: Buffer, start: number, end: number, visit: Visit): void {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < end; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < end) {
    const key = varint();
    const field = key >>> 3;
    const wireType = key & 7;
    const from = wireType === 2 ? at + varintLength(bytes, at) : at;
    const length = wireType === 0 || wireType === 2 ? varint() : wireType === 1 ? 8 : 4;
    if (wireType > 2 && wireType !== 5) throw new Error(`expected a wire type of protobuf, got ${wireType}`);
    const to = wireType === 0 ? at : from + length;
    if (to > end) throw new Error('expected a complete message');
    visit(field, from, to, length);
    at = to;
  }
}

function varintLength(bytes: Buffer, at: number): number {
  let length = 1;
  while ((bytes[at + length - 1] ?? 0) > 127) length += 1;
  return length;
}

/** Visits the spans, log records or metrics of a request: the field numbers are the same in the three signals. */
function visitItems(bytes: Buffer, visit: (from: number, to: number) => void): void {
  visitFields(bytes, 0, bytes.length, (group, groupFrom, groupTo) => {
    if (group !== 1) return;
    visitFields(bytes, groupFrom, groupTo, (scope, scopeFrom, scopeTo) => {
      if (scope !== 2) return;
      visitFields(bytes, scopeFrom, scopeTo, (item, from, to) => {
        if (item === 2) visit(from, to);
      });
    });
  });
}

const isText = (bytes: Buffer, from: number, to: number, text: string): boolean =>
  to - from === text.length && bytes.toString('latin1', from, to) === text;

/** Adds the value of the attribute `seq` of each item; its attributes are in this field. */
function sequenceNumbers(bytes: Buffer, attributesField: number): number[] {
  const numbers: number[] = [];
  visitItems(bytes, (itemFrom, itemTo) => {
    visitFields(bytes, itemFrom, itemTo, (field, attributeFrom, attributeTo) => {
      if (field !== attributesField) return;
      let isSequence = false;
      let value = 0;
      visitFields(bytes, attributeFrom, attributeTo, (part, from, to) => {
        if (part === 1) isSequence = isText(bytes, from, to, sequenceKey);
        else visitFields(bytes, from, to, (_kind, _from, _to, integer) => (value = integer));
      });
      if (isSequence) numbers.push(value);
    });
  });
  return numbers;
}

function counterPoints(bytes: Buffer): CounterPoint[] {
  const points: CounterPoint[] = [];
  visitItems(bytes, (metricFrom, metricTo) => {
    let isCounter = false;
    let found: CounterPoint[] = [];
    visitFields(bytes, metricFrom, metricTo, (field, from, to) => {
      if (field === 1) isCounter = isText(bytes, from, to, counterName);
      else if (field === 7) found = sumPoints(bytes, from, to);
    });
    if (isCounter) points.push(...found);
  });
  return points;
}

function sumPoints(bytes: Buffer, sumFrom: number, sumTo: number): CounterPoint[] {
  const points: Omit<CounterPoint, 'isDelta'>[] = [];
  let temporality = 0;
  visitFields(bytes, sumFrom, sumTo, (field, pointFrom, pointTo, integer) => {
    if (field === 2) temporality = integer;
    if (field !== 1) return;
    const point = { start: 0n, end: 0n, value: 0 };
    visitFields(bytes, pointFrom, pointTo, (part, from) => {
      if (part === 2) point.start = bytes.readBigUInt64LE(from);
      else if (part === 3) point.end = bytes.readBigUInt64LE(from);
      else if (part === 4) point.value = bytes.readDoubleLE(from);
      else if (part === 6) point.value = Number(bytes.readBigInt64LE(from));
    });
    points.push(point);
  });
  const isDelta = temporality === deltaTemporality;
  return points.map(({ start, end, value }) => ({ start, end, value, isDelta }));
}

/**
 * Reads an OTLP protobuf request.
 *
 * @param signal `traces`, `logs` or `metrics`
 * @throws if the body is not a complete protobuf message
 */
export function readRequest(signal: string, body: Buffer): NumberedItems {
  return {
    spans: signal === 'traces' ? sequenceNumbers(body, 9) : [],
    logs: signal === 'logs' ? sequenceNumbers(body, 6) : [],
    points: signal === 'metrics' ? counterPoints(body) : [],
  };
}
