import { type Context, context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Measurement } from './reservoir.ts';
import { spanIds } from '../fast-path.ts';

/** The exemplar of a measurement, when it is made inside a sampled span. */
export function createMeasurement(value: number, measuredIn: Context | undefined): Measurement | undefined {
  const source = getSampledSpanContext(measuredIn);
  return source && { value, timeMs: Date.now(), source };
}

/** What the span is known by that something is measured in, when it is sampled. */
export function getSampledSpanContext(measuredIn: Context | undefined): Measurement['source'] | undefined {
  const span = trace.getSpan(measuredIn ?? context.active());
  if (span === undefined) return undefined;
  const ids = spanIds(span);
  if (ids !== undefined) return (ids.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : ids;
  const spanContext = span.spanContext();
  const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0 && isSpanContextValid(spanContext);
  return isSampled ? spanContext : undefined;
}
