import { diag } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { ProcessorChain } from '../pipeline/processor-chain.ts';
import { SpanRedaction } from './span-redaction.ts';
import type { Redactor } from './redactor.ts';

/** Stands before processors that see ended spans, and hands them on without secrets. */
export class RedactingSpanProcessor extends ProcessorChain {
  readonly #clean: SpanRedaction;

  constructor(redactor: Redactor, next: readonly SpanProcessor[]) {
    super(next);
    this.#clean = new SpanRedaction(redactor);
  }

  onEnd(span: ReadableSpan): void {
    let clean: ReadableSpan;
    try {
      clean = this.#clean.redactSpan(span);
    } catch (error) {
      diag.error('A span could not be searched for secrets, and is not exported', error);
      return;
    }
    this.pass(clean);
  }
}
