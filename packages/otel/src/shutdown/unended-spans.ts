import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { LeanSpan, runDeferred } from '@sonde/sdk';

/** The attribute of a span that had not ended when the process ended. */
export const ATTR_UNFINISHED = 'sonde.unfinished';

const MAX_UNENDED_SPANS = 4096;

/** Tracks the spans that have not ended, so that they can be ended and exported when the process ends. */
export class UnendedSpans implements SpanProcessor {
  /** The spans of the lean engine; each span stores its index in this array. */
  readonly #lean: LeanSpan[] = [];
  readonly #others = new Set<Span>();

  onStart(span: Span): void {
    if (this.#lean.length + this.#others.size >= MAX_UNENDED_SPANS) return;
    if (span instanceof LeanSpan) span.unendedIndex = this.#lean.push(span) - 1;
    else this.#others.add(span);
  }

  onEnd(span: unknown): void {
    if (span instanceof LeanSpan) this.#forget(span);
    else this.#others.delete(span as Span);
  }

  /** Returns the open spans, those of the lean engine first. */
  list(): readonly Span[] {
    return [...this.#lean, ...this.#others];
  }

  /** Ends the open spans, the youngest first, and sets `sonde.unfinished`. */
  endAll(): void {
    runDeferred();
    const open = [...this.#lean.toSorted((a, b) => a.startMs - b.startMs), ...this.#others];
    for (const span of open.toReversed()) {
      span.setAttribute(ATTR_UNFINISHED, true);
      span.end();
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #forget({ unendedIndex }: LeanSpan): void {
    const last = this.#lean.at(-1);
    if (unendedIndex === -1 || last === undefined) return;
    // Moves the last span to the free index.
    this.#lean[unendedIndex] = last;
    last.unendedIndex = unendedIndex;
    this.#lean.pop();
  }
}
