import { type Context, context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { ExemplarMeasurement } from './reservoir.ts';
import { spanIds } from '../fast-path.ts';

/** Creates a measurement for exemplars; undefined outside a sampled span. */
export function createExemplarMeasurement(
  value: number,
  measurementContext: Context | undefined,
): ExemplarMeasurement | undefined {
  const source = getSampledSpanContext(measurementContext);
  return source && { value, timeMs: Date.now(), source };
}

/** Returns the context of the current span if it is sampled. */
export function getSampledSpanContext(
  measurementContext: Context | undefined,
): ExemplarMeasurement['source'] | undefined {
  const span = trace.getSpan(measurementContext ?? context.active());
  if (span === undefined) return undefined;
  const ids = spanIds(span);
  if (ids !== undefined) return (ids.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : ids;
  const spanContext = span.spanContext();
  const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0 && isSpanContextValid(spanContext);
  return isSampled ? spanContext : undefined;
}
