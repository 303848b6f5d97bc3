import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** What may differ between a span and what is exported of it. */
type SpanOverrides = Partial<
  Pick<ReadableSpan, 'name' | 'spanContext' | 'attributes' | 'events' | 'links' | 'status'>
>;

/** An ended span with other values in some places. The span itself, which the application may hold, stays as it is. */
export function withOverrides(span: ReadableSpan, changes: SpanOverrides): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...changes,
  };
}
