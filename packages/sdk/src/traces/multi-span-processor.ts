import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** All processors of a provider, one after the other. */
export class MultiSpanProcessor {
  readonly #processors: readonly SpanProcessor[];
  /** Those that want to see a span before it ends: few do. */
  readonly #onEnding: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors;
    this.#onEnding = processors.filter((processor) => processor.onEnding !== undefined);
  }

  onStart(span: Span, parent: Context): void {
    for (const processor of this.#processors) processor.onStart(span, parent);
  }

  onEnding(span: Span): void {
    for (const processor of this.#onEnding) processor.onEnding?.(span);
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) processor.onEnd(span);
  }
}
