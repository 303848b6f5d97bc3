import type { AttributeList } from './attribute-list.ts';
import type { OtlpValue, PlainValue } from './value.ts';

/** An instant: Unix microseconds, and the nanoseconds beyond them (0 to 999). Both are exact. */
export interface Instant {
  readonly us: number;
  readonly ns: number;
}

/** The three signals, by the names that OTLP uses in its paths. */
export type Signal = 'traces' | 'logs' | 'metrics';

export interface ResourceData {
  attributes: AttributeList;
  schemaUrl: string;
}

export interface ScopeData {
  name: string;
  version: string;
  attributes: AttributeList;
  schemaUrl: string;
}

/** Items of one scope of one resource. */
export interface Group<Item> {
  readonly resource: ResourceData;
  readonly scope: ScopeData;
  readonly items: Item[];
}

export interface EventData {
  time: Instant;
  name: string;
  attributes: AttributeList;
  dropped: number;
}

export interface LinkData {
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: AttributeList;
  dropped: number;
  flags: number;
}

export interface SpanData {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  flags: number;
  name: string;
  kind: number;
  start: Instant;
  end: Instant;
  attributes: AttributeList;
  droppedAttributes: number;
  events: EventData[];
  droppedEvents: number;
  links: LinkData[];
  droppedLinks: number;
  statusCode: number;
  statusMessage: string;
}

export interface LogData {
  time: Instant;
  observed: Instant;
  severityNumber: number;
  severityText: string;
  body: PlainValue;
  /** The body as OTLP writes it, where `body` says less. */
  exactBody: OtlpValue | undefined;
  attributes: AttributeList;
  droppedAttributes: number;
  flags: number;
  traceId: string;
  spanId: string;
  event: string;
}

export interface ExemplarData {
  time: Instant;
  value: number;
  traceId: string;
  spanId: string;
  attributes: AttributeList;
}

/** Buckets of an exponential histogram. */
export interface ExponentialBuckets {
  offset: number;
  counts: number[];
}

/** Value of a histogram, exponential histogram or summary point. */
export interface Distribution {
  count: number;
  sum?: number;
  min?: number;
  max?: number;
  /** Of a histogram: upper bounds, and one count more. */
  bounds?: number[];
  counts?: number[];
  /** Of an exponential histogram. */
  scale?: number;
  zeroCount?: number;
  zeroThreshold?: number;
  positive?: ExponentialBuckets;
  negative?: ExponentialBuckets;
  /** Of a summary: quantile and value. */
  quantiles?: [number, number][];
}

export interface PointData {
  attributes: AttributeList;
  start: Instant;
  time: Instant;
  flags: number;
  /** Of a number; null when it has none. */
  value: number | null;
  isInteger: boolean;
  /** An integer that a double does not hold, in decimal digits. */
  exactInteger: string | undefined;
  distribution: Distribution | undefined;
  exemplars: ExemplarData[];
}

export const metricTypes = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
export type MetricType = (typeof metricTypes)[number];

export interface MetricData {
  name: string;
  unit: string;
  description: string;
  type: MetricType;
  /** 0 unspecified, 1 delta, 2 cumulative. */
  temporality: number;
  monotonic: boolean;
  points: PointData[];
}

/** Decoded items of one request and the number of rejected ones. */
export interface Decoded<Item> {
  readonly groups: Group<Item>[];
  readonly rejected: number;
  /** Why the refused items are refused; empty when none is. */
  readonly reason: string;
}

/** The instant zero: not given. */
export const noTime: Instant = { us: 0, ns: 0 };
