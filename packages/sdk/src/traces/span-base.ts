import { type Context, isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';

import type { LazySpanContext } from './lazy-span-context.ts';
import { ContextWithSpan } from './span-context-layer.ts';
import type { FastSpan, HasSpanIds, SpanIds } from '../fast-path.ts';

/**
 * A span of this SDK, recording or not.
 *
 * Its fields are not `#private`, because processors pass on proxies of spans and objects that inherit from them. The only
 * private one distinguishes a span from those.
 */
export abstract class SpanBase implements HasSpanIds, Pick<FastSpan, 'within'> {
  // Absent from proxies and inheriting objects.
  readonly #isItself = true;
  protected readonly lazyContext: LazySpanContext;

  constructor(context: LazySpanContext) {
    this.lazyContext = context;
  }

  /** Whether this is a span of this SDK, and not a proxy of one. */
  static isSpanBase(span: object): span is SpanBase {
    return #isItself in span && span.#isItself;
  }

  /** Returns the context of a span; undefined if it is invalid. Skips the validation for spans of this SDK. */
  static validContext(span: Span | undefined): LazySpanContext | SpanContext | undefined {
    if (span === undefined) return undefined;
    if (SpanBase.isSpanBase(span)) return span.lazyContext;
    const context = span.spanContext();
    return isSpanContextValid(context) ? context : undefined;
  }

  spanIds(receiver: object): SpanIds | undefined {
    return receiver === this && SpanBase.isSpanBase(this) ? this.lazyContext : undefined;
  }

  within(this: SpanBase & Span, context: Context): Context {
    return ContextWithSpan.create(context, this);
  }

  spanContext(): SpanContext {
    return this.lazyContext.context;
  }
}
