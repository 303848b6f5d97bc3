import type { ServerResponse } from 'node:http';
import type { Attributes, AttributeValue, Context, TraceState } from '@opentelemetry/api';

// The fast paths between the SDK and its callers. `@sonde/router` declares its half in `telemetry/fast-path.ts`, because
// it depends on the API alone; `test/contracts/fast-path.test.ts` verifies that both halves agree.

/** Methods of spans for HTTP servers, with lower overhead than those of the API. */
export interface FastSpan {
  /**
   * Sets attributes and keeps the object. It has few members, with names that are new to the span, and its values are
   * strings, numbers, booleans or undefined. The caller must not keep it.
   */
  adopt(attributes: Attributes): void;
  /** Returns a context with the span, as `trace.setSpan` does. */
  within(parent: Context): Context;
}

/** The method of contexts for HTTP servers. */
export interface FastContext {
  /**
   * Defers the telemetry of a request: calls `count` with 1 at the end of the event-loop turn, and `end` some time after
   * the response has closed, with the `performance.now()` of that moment. Enters the context for as long as Node.js calls
   * the listeners of `server`.
   *
   * @returns the context, unless it has been entered
   */
  deferRequest(
    response: ServerResponse,
    server: unknown,
    count: (requests: number) => void,
    end: (endMs: number) => void,
  ): Context | undefined;
}

/** The attributes of a span in up to three parts. Names are unique across the parts. */
export interface AttributeParts {
  /** An immutable object, shared by many spans. */
  readonly sharedAttributes: Attributes;
  /** An object that belongs to this span. Members with an undefined value are absent attributes. */
  readonly adoptedAttributes?: Attributes | undefined;
  /** Further attributes of this span: alternating names and values. */
  readonly ownAttributes: readonly AttributeValue[];
}

/**
 * Implemented by spans in addition to `ReadableSpan`, so that exporters encode shared attributes once, and need no object
 * with the others.
 */
export interface HasAttributeParts {
  /**
   * Returns the parts if `receiver` is the span itself. Undefined for a proxy or an inheriting object, whose attributes
   * may differ, and once `attributes` was read, because that object may be changed.
   */
  attributeParts(receiver: object): AttributeParts | undefined;
}

/** Returns the parts of a span's attributes; undefined if `attributes` is to be used instead. */
export function attributeParts(span: object): AttributeParts | undefined {
  return (span as Partial<HasAttributeParts>).attributeParts?.(span);
}

/** A trace id as four signed 32-bit words, most significant first. */
export interface TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

/** A span context with its ids as 32-bit words. Reading `traceId` or `spanId` formats them. */
export interface SpanIds {
  /** Undefined if a custom generator made ids that words cannot represent. */
  readonly traceWords: TraceWords | undefined;
  readonly spanWord0: number;
  readonly spanWord1: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: TraceState | undefined;
}

/** Implemented by spans and log records in addition to the SDK's interfaces, so that ids are encoded without hex formatting. */
export interface HasSpanIds {
  /** Returns the ids if `receiver` is the span or record itself; undefined for a proxy or an inheriting object. */
  spanIds(receiver: object): SpanIds | undefined;
}

/** Returns the ids of a span or log record; undefined if its span context is to be used instead. */
export function spanIds(holder: object): SpanIds | undefined {
  return (holder as Partial<HasSpanIds>).spanIds?.(holder);
}
