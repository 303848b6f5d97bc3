import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** The members in which an exported span may differ from the recorded one. */
type SpanOverrides = Partial<
  Pick<ReadableSpan, 'name' | 'spanContext' | 'attributes' | 'events' | 'links' | 'status'>
>;

/** Copies an ended span and replaces some members. The original, which the application may hold, does not change. */
export function withOverrides(span: ReadableSpan, overrides: SpanOverrides): ReadableSpan {
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
    ...overrides,
  };
}
