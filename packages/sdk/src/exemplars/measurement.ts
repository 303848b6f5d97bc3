import { type Context, context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { ExemplarMeasurement } from './reservoir.ts';
import { spanIds } from '../fast-path.ts';

/**
 * Which measurements become exemplars: those inside sampled spans, all, or none.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarfilter
 */
export type ExemplarFilter = 'trace_based' | 'always_on' | 'always_off';

type Source = ExemplarMeasurement['source'];

/** Returns the span of a measurement; undefined if the measurement is not eligible. */
export type ExemplarSource = (measurementContext: Context | undefined) => Source | undefined;

/** The source of a measurement outside any span. */
const noSpan: Source = Object.freeze({ traceId: '', spanId: '' });

const sources: Readonly<Record<ExemplarFilter, ExemplarSource>> = {
  trace_based: sampledSpan,
  always_on: anySpan,
  always_off: () => undefined,
};

/** Returns the function that applies a filter. */
export function createExemplarSource(filter: ExemplarFilter): ExemplarSource {
  return sources[filter];
}

/** Creates a measurement for exemplars; undefined if the filter does not accept it. */
export function createExemplarMeasurement(
  value: number,
  measurementContext: Context | undefined,
  exemplarSource: ExemplarSource,
): ExemplarMeasurement | undefined {
  const source = exemplarSource(measurementContext);
  return source && { value, timeMs: Date.now(), source };
}

/** Returns the context of the current span if it is sampled. */
function sampledSpan(measurementContext: Context | undefined): Source | undefined {
  const span = trace.getSpan(measurementContext ?? context.active());
  if (span === undefined) return undefined;
  const ids = spanIds(span);
  if (ids !== undefined) return (ids.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : ids;
  const spanContext = span.spanContext();
  const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0 && isSpanContextValid(spanContext);
  return isSampled ? spanContext : undefined;
}

/** Returns the context of the current span, sampled or not. */
function anySpan(measurementContext: Context | undefined): Source {
  const span = trace.getSpan(measurementContext ?? context.active());
  if (span === undefined) return noSpan;
  const spanContext = spanIds(span) ?? span.spanContext();
  return isSpanContextValid({ traceFlags: TraceFlags.NONE, ...pickIds(spanContext) }) ? spanContext : noSpan;
}

function pickIds({ traceId, spanId }: Source): Source {
  return { traceId, spanId };
}
