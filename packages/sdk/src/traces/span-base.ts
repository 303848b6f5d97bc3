import { type Context, isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';

import type { LazySpanContext } from './lazy-span-context.ts';
import { ContextWithSpan } from './span-context-layer.ts';
import type { FastSpan, HasSpanIds, SpanIds } from '../fast-path.ts';

/**
 * A span of this engine, recorded or not.
 *
 * Its members are not `#private`, but for the one that tells it from what stands for it: processors hand on proxies of
 * spans, and objects that inherit from them.
 */
export abstract class SpanBase implements HasSpanIds, Pick<FastSpan, 'within'> {
  // What inherits from a span or stands for it as a proxy has it not.
  readonly #isItself = true;
  protected readonly lazyContext: LazySpanContext;

  constructor(identity: LazySpanContext) {
    this.lazyContext = identity;
  }

  /** Whether this is a span of this engine itself. */
  static isSpanBase(span: object): span is SpanBase {
    return #isItself in span && span.#isItself;
  }

  /** What a span is known by; undefined when that is invalid. The ids of this engine's own spans are not looked at. */
  static valid(span: Span | undefined): LazySpanContext | SpanContext | undefined {
    if (span === undefined) return undefined;
    if (SpanBase.isSpanBase(span)) return span.lazyContext;
    const context = span.spanContext();
    return isSpanContextValid(context) ? context : undefined;
  }

  spanIds(asked: object): SpanIds | undefined {
    return asked === this && SpanBase.isSpanBase(this) ? this.lazyContext : undefined;
  }

  within(this: SpanBase & Span, context: Context): Context {
    return ContextWithSpan.create(context, this);
  }

  spanContext(): SpanContext {
    return this.lazyContext.context;
  }
}
