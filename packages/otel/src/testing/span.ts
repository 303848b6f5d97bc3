import { type Attributes, type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** An ended span as plain data. */
export interface TestSpan {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** The name of the instrumentation scope. */
  readonly scope: string;
  readonly attributes: Attributes;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string | undefined;
  /** Its events in chronological order. */
  readonly events: readonly TestSpanEvent[];
  /** The spans that it links to. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The name of the parent span; undefined for a root span and for a remote parent. */
  readonly parent: string | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startTime: Date;
  readonly durationMs: number;
}

/** A span event as plain data. */
export interface TestSpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
}

const kinds = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
} as const;

const statuses = {
  [SpanStatusCode.UNSET]: 'unset',
  [SpanStatusCode.OK]: 'ok',
  [SpanStatusCode.ERROR]: 'error',
} as const;

export const toDate = (time: HrTime): Date => new Date(hrTimeToMilliseconds(time));

/** Converts the ended spans to plain data, in the order in which they started. */
export function toTestSpans(spans: readonly ReadableSpan[]): TestSpan[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans.filter(({ ended }) => ended).map((span) => toTestSpan(span, names));
}

function toTestSpan(span: ReadableSpan, names: ReadonlyMap<string, string>): TestSpan {
  const { traceId, spanId } = span.spanContext();
  const parentSpanId = span.parentSpanContext?.spanId;
  return {
    name: span.name,
    kind: kinds[span.kind],
    scope: span.instrumentationScope.name,
    attributes: { ...span.attributes },
    status: statuses[span.status.code],
    statusMessage: span.status.message,
    events: span.events.map(({ name, attributes }) => ({ name, attributes: { ...attributes } })),
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
    parent: parentSpanId === undefined ? undefined : names.get(parentSpanId),
    traceId,
    spanId,
    parentSpanId,
    startTime: toDate(span.startTime),
    durationMs: hrTimeToMilliseconds(span.duration),
  };
}
