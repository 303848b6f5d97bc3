import { type Context, context, isSpanContextValid, type Span, trace, TraceFlags } from '@opentelemetry/api';
import type { Measured } from '../exemplars/reservoir.ts';
import { spanIds } from '../otlp/span-ids.ts';

/** The exemplar of a measurement, when it is made inside a sampled span. */
export function measuredExemplar(value: number, measuredIn: Context | undefined): Measured | undefined {
  const span = trace.getSpan(measuredIn ?? context.active());
  const source = span && sampledSource(span);
  return source && { value, timeMs: Date.now(), source };
}

function sampledSource(span: Span): Measured['source'] | undefined {
  const ids = spanIds(span);
  if (ids !== undefined) return (ids.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : ids;
  const spanContext = span.spanContext();
  const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0 && isSpanContextValid(spanContext);
  return isSampled ? spanContext : undefined;
}
