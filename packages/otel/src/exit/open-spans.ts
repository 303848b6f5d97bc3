import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Marks a span that the end of the process ended. */
export const ATTR_UNFINISHED = 'sonde.unfinished';

const maxOpen = 4096;

/** Knows the spans that have not ended, so that the end of the process can end them: an unended span is lost. */
export class OpenSpans implements SpanProcessor {
  readonly #open = new Set<Span>();

  onStart(span: Span): void {
    if (this.#open.size < maxOpen) this.#open.add(span);
  }

  onEnd(span: unknown): void {
    this.#open.delete(span as Span);
  }

  /** Ends what is open, the youngest first, and marks it with `sonde.unfinished`. */
  endAll(): void {
    for (const span of [...this.#open].toReversed()) {
      span.setAttribute(ATTR_UNFINISHED, true);
      span.end();
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
