import { type Context, isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import type { HasSpanIds, SpanIds } from '@sonde/exporters';
import type { Identity } from './identity.ts';
import { SpanScope } from './span-scope.ts';

/**
 * A span of this engine, recorded or not.
 *
 * Its members are not `#private`, but for the one that tells it from what stands for it: processors hand on proxies of
 * spans, and objects that inherit from them.
 */
export abstract class Identified implements HasSpanIds {
  // What inherits from a span or stands for it as a proxy has it not.
  readonly #isItself = true;
  protected readonly identity: Identity;

  constructor(identity: Identity) {
    this.identity = identity;
  }

  /** Whether this is a span of this engine itself. */
  static is(span: object): span is Identified {
    return #isItself in span && span.#isItself;
  }

  /** What a span is known by; undefined when that is invalid. The ids of this engine's own spans are not looked at. */
  static valid(span: Span | undefined): Identity | SpanContext | undefined {
    if (span === undefined) return undefined;
    if (Identified.is(span)) return span.identity;
    const context = span.spanContext();
    return isSpanContextValid(context) ? context : undefined;
  }

  spanIds(asked: object): SpanIds | undefined {
    return asked === this && Identified.is(this) ? this.identity : undefined;
  }

  /** What `trace.setSpan` gives, for less: `@sonde/router` asks for it. */
  within(this: Identified & Span, context: Context): Context {
    return SpanScope.of(context, this);
  }

  spanContext(): SpanContext {
    return this.identity.context;
  }
}
