import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** A processor that filters or changes ended spans for the next processors. */
export abstract class ProcessorChain implements SpanProcessor {
  readonly #next: readonly SpanProcessor[];

  constructor(next: readonly SpanProcessor[]) {
    this.#next = next;
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#next) processor.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    for (const processor of this.#next) processor.onEnding?.(span);
  }

  abstract onEnd(span: ReadableSpan): void;

  /** Passes an ended span to the next processors. */
  protected pass(span: ReadableSpan): void {
    for (const processor of this.#next) processor.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#next.map((processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.allSettled(this.#next.map((processor) => processor.shutdown()));
  }
}
