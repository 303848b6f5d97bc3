import type { Attributes, Resource, Resources } from './request-types.ts';

export interface TraceSpan {
  readonly id: number;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly parentMissing: boolean;
  readonly depth: number;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  readonly scope: string;
  readonly category: string;
  readonly target: string | null;
  readonly start: number;
  readonly durationMs: number;
  readonly offsetMs: number;
  readonly selfMs: number;
  readonly status: string;
  readonly statusMessage: string | null;
  readonly error: boolean;
  readonly critical: boolean;
  readonly label: string;
  readonly events: number;
  readonly links: number;
  readonly fold: number | null;
  readonly duplicate: boolean;
  readonly cycle: boolean;
  readonly skewMs: number;
}

/** A part of a trace's time, and its cause. */
export interface Finding {
  readonly kind: 'repeated' | 'self' | 'gap' | 'slowSpan' | 'eventLoop' | 'gc' | 'error';
  readonly share: number;
  readonly spanIds: readonly string[];
  readonly text: string;
}

/** `GET /api/explain` */
export interface Explanation {
  readonly subject: { readonly typicalMs: number | null; readonly percentile: number | null };
  readonly findings: readonly Finding[];
}

/** Siblings of one name, shown as one row. */
export interface Fold {
  readonly id: number;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly count: number;
  readonly spanIds: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly totalMs: number;
  readonly inSeries: boolean;
}

export interface Frame {
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly inApp: boolean;
  readonly text: string;
}

export interface Exception {
  readonly id: number;
  readonly fingerprint: string;
  readonly type: string;
  readonly message: string;
  readonly time: number;
  readonly spanId: string | null;
  readonly service: string;
  readonly stack: string | null;
  readonly frames: readonly Frame[];
  readonly causes: readonly {
    readonly type: string;
    readonly message: string;
    readonly frames: readonly Frame[];
  }[];
}

export interface LogRecord {
  readonly id: number;
  readonly time: number;
  readonly level: string | null;
  readonly severityNumber: number;
  readonly severityText?: string | null;
  readonly logger: string;
  readonly service: string;
  readonly resource: number;
  readonly body: string;
  readonly bodyIsText?: boolean;
  readonly bodyValue?: unknown;
  readonly event: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly attributes: Attributes;
  readonly droppedAttributes?: number;
  readonly exception: {
    readonly type: string;
    readonly message: string;
    readonly fingerprint: string;
  } | null;
}

/** An export of an instrument: what happened between `from` and `time`. */
export interface RuntimePoint {
  readonly from: number;
  readonly time: number;
  readonly value: number;
  readonly count?: number;
}

/** Points of an instrument of the runtime, in the intervals that overlap a trace. */
export interface RuntimeSeries {
  readonly service: string;
  readonly instance: string;
  readonly name: string;
  readonly unit: string;
  readonly kind: 'eventLoopDelay' | 'gc';
  readonly points: readonly RuntimePoint[];
}

export interface OpenSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  readonly start: number;
  readonly elapsedMs: number;
}

/** `GET /api/traces/:traceId` */
export interface Trace {
  readonly traceId: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly durationMs: number;
  readonly error: boolean;
  readonly complete: boolean;
  readonly more: boolean;
  readonly services: readonly string[];
  readonly spans: readonly TraceSpan[];
  readonly folds: readonly Fold[];
  readonly gaps: readonly { readonly spanId: string; readonly start: number; readonly durationMs: number }[];
  readonly logs: readonly LogRecord[];
  readonly exceptions: readonly Exception[];
  readonly runtime: readonly RuntimeSeries[];
  readonly open: readonly OpenSpan[];
  readonly resources: Resources;
  readonly curl: string | null;
}

export interface SpanEvent {
  readonly time: number;
  readonly offsetMs: number;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

/** `GET /api/traces/:traceId/spans/:spanId` */
export interface SpanDetails {
  readonly span: {
    readonly spanId: string;
    readonly name: string;
    readonly kind: string;
    readonly durationMs: number;
    readonly status: string;
    readonly statusMessage: string | null;
    readonly traceState: string | null;
    readonly attributes: Attributes;
    readonly droppedAttributes: number;
    readonly droppedEvents: number;
    readonly droppedLinks: number;
    readonly events: readonly SpanEvent[];
    readonly links: readonly {
      readonly traceId: string;
      readonly spanId: string;
      readonly attributes: Attributes;
      readonly known: boolean;
    }[];
    readonly scope: {
      readonly name: string;
      readonly version: string | null;
      readonly attributes: Attributes;
    };
  };
  readonly resource: Resource;
  readonly logs: readonly LogRecord[];
  readonly exceptions: readonly Exception[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly name: string }[];
}
