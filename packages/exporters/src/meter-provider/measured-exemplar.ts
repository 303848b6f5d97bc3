import { type Context, context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Measured } from '../exemplars/reservoir.ts';
import { spanIds } from '../otlp/span-ids.ts';

/** The exemplar of a measurement, when it is made inside a sampled span. */
export function measuredExemplar(value: number, measuredIn: Context | undefined): Measured | undefined {
  const source = sampledSource(measuredIn);
  return source && { value, timeMs: Date.now(), source };
}

/** What the span is known by that something is measured in, when it is sampled. */
export function sampledSource(measuredIn: Context | undefined): Measured['source'] | undefined {
  const span = trace.getSpan(measuredIn ?? context.active());
  if (span === undefined) return undefined;
  const ids = spanIds(span);
  if (ids !== undefined) return (ids.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : ids;
  const spanContext = span.spanContext();
  const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0 && isSpanContextValid(spanContext);
  return isSampled ? spanContext : undefined;
}
