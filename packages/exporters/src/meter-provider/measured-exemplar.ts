import { context, isSpanContextValid, trace, TraceFlags, type Context } from '@opentelemetry/api';

import type { Exemplar } from '../exemplars/reservoir.ts';

/** The exemplar of a measurement, when it is made inside a sampled span. */
export function measuredExemplar(value: number, measuredIn: Context | undefined): Exemplar | undefined {
  const span = trace.getSpanContext(measuredIn ?? context.active());
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  if (!isSpanContextValid(span)) return undefined;
  return { value, timeMs: Date.now(), traceId: span.traceId, spanId: span.spanId };
}
