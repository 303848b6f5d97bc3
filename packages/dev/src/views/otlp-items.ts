import { toKeyValues, toOtlpValue } from '../otlp/encode-json.ts';
import type { OtlpValue, PlainValue } from '../otlp/value.ts';
import { parseJson, type Row } from './database.ts';
import { unixNano } from './span-detail.ts';

type Plain = Readonly<Record<string, PlainValue>>;
type Exact = Readonly<Record<string, OtlpValue>>;

interface Extra {
  readonly exact?: Exact;
  readonly dropped?: number;
  readonly droppedEvents?: number;
  readonly droppedLinks?: number;
  readonly flags?: number;
  readonly traceState?: string;
  readonly body?: OtlpValue;
  readonly observedNs?: number;
}

interface StoredEvent {
  readonly us: number;
  readonly ns: number;
  readonly name: string;
  readonly attributes: Plain;
  readonly exact?: Exact;
  readonly dropped: number;
}

interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: Plain;
  readonly exact?: Exact;
  readonly dropped: number;
}

/** A number that proto3's JSON leaves out when it is zero. */
function some(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

function keyValues(row: Row, { exact }: Extra): unknown {
  return toKeyValues(parseJson<Plain>(row['attributes'], {}), exact);
}

/** A span as OTLP's JSON writes it. `row` has the columns of the table and `trace_id`. */
export function spanItem(row: Row): object {
  const extra = parseJson<Extra>(row['extra'], {});
  const start = unixNano(Number(row['start_us']), Number(row['start_ns']));
  return {
    traceId: row['trace_id'],
    spanId: row['span_id'],
    parentSpanId: row['parent_id'] ?? undefined,
    traceState: extra.traceState,
    flags: some(extra.flags),
    name: row['name'],
    kind: row['kind'],
    startTimeUnixNano: start,
    endTimeUnixNano: String(BigInt(start) + BigInt(Number(row['duration_ns']))),
    attributes: keyValues(row, extra),
    droppedAttributesCount: some(extra.dropped),
    events: parseJson<StoredEvent[] | undefined>(row['events'], undefined)?.map((event) => ({
      timeUnixNano: unixNano(event.us, event.ns),
      name: event.name,
      attributes: toKeyValues(event.attributes, event.exact),
      droppedAttributesCount: some(event.dropped),
    })),
    droppedEventsCount: some(extra.droppedEvents),
    links: parseJson<StoredLink[] | undefined>(row['links'], undefined)?.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      traceState: link.traceState || undefined,
      attributes: toKeyValues(link.attributes, link.exact),
      droppedAttributesCount: some(link.dropped),
      flags: some(link.flags),
    })),
    droppedLinksCount: some(extra.droppedLinks),
    status: { code: some(Number(row['status'])), message: row['message'] ?? undefined },
  };
}

/** A log record as OTLP's JSON writes it. `row` has the columns of the table and `trace_id`. */
export function logItem(row: Row): object {
  const extra = parseJson<Extra>(row['extra'], {});
  const plain = row['body_is_text'] === 1 ? String(row['body']) : parseJson<PlainValue>(row['body'], null);
  const observedUs = Number(row['observed_us']);
  return {
    timeUnixNano: unixNano(Number(row['time_us']), Number(row['time_ns'])),
    observedTimeUnixNano: observedUs === 0 ? undefined : unixNano(observedUs, extra.observedNs ?? 0),
    severityNumber: some(Number(row['severity'])),
    severityText: row['severity_text'] ?? undefined,
    body: extra.body ?? toOtlpValue(plain),
    attributes: keyValues(row, extra),
    droppedAttributesCount: some(extra.dropped),
    flags: some(extra.flags),
    traceId: row['trace_id'] ?? undefined,
    spanId: row['span_id'] ?? undefined,
    eventName: row['event'] ?? undefined,
  };
}

interface StoredPoint {
  readonly exactInteger?: string;
  readonly value?: string;
  readonly count?: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: number;
  readonly zeroThreshold?: number;
  readonly positive?: { readonly offset: number; readonly counts: readonly number[] };
  readonly negative?: { readonly offset: number; readonly counts: readonly number[] };
  readonly quantiles?: readonly (readonly [number, number])[];
}

function texts(numbers: readonly number[] | undefined): string[] | undefined {
  return numbers?.map(String);
}

function buckets(part: StoredPoint['positive']): object | undefined {
  return part === undefined ? undefined : { offset: part.offset, bucketCounts: texts(part.counts) };
}

function numberValue(row: Row, { exactInteger, value }: StoredPoint): object {
  if (row['is_integer'] === 1) return { asInt: exactInteger ?? String(row['value']) };
  const number = value ?? row['value'] ?? undefined;
  return { asDouble: number };
}

/** A point as OTLP's JSON writes it. `row` has the columns of the table, and of its series `attributes` and `extra`. */
export function pointItem(row: Row, type: string, exemplars: readonly Row[]): object {
  const point = parseJson<StoredPoint>(row['data'], {});
  const startUs = Number(row['start_us']);
  const isNumber = type === 'gauge' || type === 'sum';
  return {
    attributes: keyValues(row, parseJson<Extra>(row['extra'], {})),
    startTimeUnixNano: startUs === 0 ? undefined : unixNano(startUs, Number(row['start_ns'])),
    timeUnixNano: unixNano(Number(row['time_us']), Number(row['time_ns'])),
    flags: some(Number(row['flags'])),
    ...(isNumber
      ? numberValue(row, point)
      : {
          count: String(point.count ?? 0),
          sum: point.sum,
          min: point.min,
          max: point.max,
          bucketCounts: texts(point.counts),
          explicitBounds: point.bounds,
          scale: point.scale,
          zeroCount: point.zeroCount === undefined ? undefined : String(point.zeroCount),
          zeroThreshold: point.zeroThreshold,
          positive: buckets(point.positive),
          negative: buckets(point.negative),
          quantileValues: point.quantiles?.map(([quantile, value]) => ({ quantile, value })),
        }),
    exemplars:
      exemplars.length === 0
        ? undefined
        : exemplars.map((exemplar) => ({
            timeUnixNano: unixNano(Number(exemplar['time_us']), 0),
            asDouble: exemplar['value'],
            traceId: exemplar['trace_id'] === '' ? undefined : exemplar['trace_id'],
            spanId: exemplar['span_id'] === '' ? undefined : exemplar['span_id'],
            filteredAttributes: toKeyValues(parseJson<Plain>(exemplar['attributes'], {}), undefined),
          })),
  };
}
