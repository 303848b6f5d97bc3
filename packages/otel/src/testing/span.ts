import { type Attributes, type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** A span that has ended, as plain data. */
export interface TestSpan {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** The name of the instrumentation scope: who made it. */
  readonly scope: string;
  readonly attributes: Attributes;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string | undefined;
  /** What happened in it, in order. */
  readonly events: readonly TestSpanEvent[];
  /** The spans it points to. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The name of the span around it; undefined for a root, and for a parent in another process. */
  readonly parent: string | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startTime: Date;
  readonly durationMs: number;
}

/** Something that happened in a span. */
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

export const dateOf = (time: HrTime): Date => new Date(hrTimeToMilliseconds(time));

/** The spans of `all` that have ended, as plain data, in the order in which they started. */
export function plainSpans(all: readonly ReadableSpan[]): TestSpan[] {
  const names = new Map(all.map((span) => [span.spanContext().spanId, span.name]));
  return all.filter(({ ended }) => ended).map((span) => plain(span, names));
}

function plain(span: ReadableSpan, names: ReadonlyMap<string, string>): TestSpan {
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
    startTime: dateOf(span.startTime),
    durationMs: hrTimeToMilliseconds(span.duration),
  };
}
