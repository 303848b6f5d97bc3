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

/** The attributes of a span in parts, with no name in two of them. */
export interface AttributeParts {
  /** Never changes; the same object for many spans. */
  readonly sharedAttributes: Attributes;
  /** An object of this span alone, from the one that described it. A name whose value is undefined is none. */
  readonly adoptedAttributes?: Attributes | undefined;
  /** What this span has beside those: names and values in turns. */
  readonly ownAttributes: readonly AttributeValue[];
}

/**
 * What a span may implement beside `ReadableSpan`, so that the attributes that it shares with others are encoded once
 * for all of them, and no object is made of the others.
 */
export interface HasAttributeParts {
  /**
   * The parts, when `asked` is the span itself; undefined for what inherits from it or stands for it as a proxy, which
   * may have other attributes, and when somebody was given the attributes as an object, which may be changed.
   */
  attributeParts(asked: object): AttributeParts | undefined;
}

/** The parts of a span's attributes; undefined for one that has them in one piece. */
export function attributeParts(span: object): AttributeParts | undefined {
  return (span as Partial<HasAttributeParts>).attributeParts?.(span);
}

/** The id of a trace as four words of 32 bits, signed ones, the most significant first. */
export interface TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

/** What a span is known by, with its ids as words of 32 bits: texts are made of them when they are read. */
export interface SpanIds {
  /** Undefined when the texts say more than words can: ids may be anything that somebody's generator makes. */
  readonly traceWords: TraceWords | undefined;
  readonly spanWord0: number;
  readonly spanWord1: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: TraceState | undefined;
}

/**
 * What spans and log records may implement beside what the SDK asks of them, so that ids are encoded without being made
 * a text of.
 */
export interface HasSpanIds {
  /**
   * The ids, when `asked` is the span or record itself; undefined for what inherits from it or stands for it as a proxy,
   * which may have others.
   */
  spanIds(asked: object): SpanIds | undefined;
}

/** The ids of a span or record, where it has them at hand. */
export function spanIds(of: object): SpanIds | undefined {
  return (of as Partial<HasSpanIds>).spanIds?.(of);
}
