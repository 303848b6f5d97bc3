import {
  context,
  INVALID_SPANID,
  INVALID_TRACEID,
  trace,
  TraceFlags,
  type Context,
} from '@opentelemetry/api';

import type { Exemplar } from '../exemplars/reservoir.ts';

/** The exemplar of a measurement, when it is made inside a sampled span. */
export function measuredExemplar(value: number, measuredIn: Context | undefined): Exemplar | undefined {
  const span = trace.getSpanContext(measuredIn ?? context.active());
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  const { traceId, spanId } = span;
  if (traceId === INVALID_TRACEID || spanId === INVALID_SPANID) return undefined;
  if (traceId.length !== INVALID_TRACEID.length || spanId.length !== INVALID_SPANID.length) return undefined;
  return { value, timeMs: Date.now(), traceId, spanId };
}
