import type { Context } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { GuardedLimits } from './span-limits.ts';

/** Calls all processors of a provider in order. */
export class MultiSpanProcessor {
  readonly #processors: readonly SpanProcessor[];
  /** The processors that implement `onEnding`: few do. */
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

/** State that all spans of a tracer share. */
export interface TracerSharedState {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: GuardedLimits;
  readonly processors: MultiSpanProcessor;
}
