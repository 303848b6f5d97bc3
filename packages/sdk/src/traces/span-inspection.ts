import { inspect, type InspectOptions } from 'node:util';
import type { Span } from '@opentelemetry/sdk-trace';

/** The output of `console.log` for a span: the public members instead of the internal fields. */
export function inspectSpan(span: Span, options: InspectOptions): string {
  const { name, kind, parentSpanContext, status, startTime, endTime, duration, ended } = span;
  const { attributes, events, links, instrumentationScope } = span;
  const identity = {
    name,
    kind,
    spanContext: span.spanContext(),
    parentSpanContext,
    status,
    startTime,
    endTime,
  };
  const details = { duration, ended, attributes, events, links, instrumentationScope };
  return `LeanSpan ${inspect({ ...identity, ...details }, options)}`;
}
