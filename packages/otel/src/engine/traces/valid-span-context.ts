import { isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import { LeanSpan } from './span.ts';

/** What a span is known by; undefined when that is invalid. The ids of this engine's own spans are not looked at again. */
export function validSpanContext(span: Span | undefined): SpanContext | undefined {
  const spanContext = span?.spanContext();
  if (spanContext === undefined || span instanceof LeanSpan) return spanContext;
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}
