import { diag } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { ProcessorChain } from '../traces/processor-chain.ts';
import { CleanSpans } from './clean-spans.ts';
import type { Redactor } from './redactor.ts';

/** Stands before processors that see ended spans, and hands them on without secrets. */
export class RedactedSpans extends ProcessorChain {
  readonly #clean: CleanSpans;

  constructor(redactor: Redactor, next: readonly SpanProcessor[]) {
    super(next);
    this.#clean = new CleanSpans(redactor);
  }

  onEnd(span: ReadableSpan): void {
    let clean: ReadableSpan;
    try {
      clean = this.#clean.of(span);
    } catch (error) {
      diag.error('A span could not be searched for secrets, and is not exported', error);
      return;
    }
    this.pass(clean);
  }
}
