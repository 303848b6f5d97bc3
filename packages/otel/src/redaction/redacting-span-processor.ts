import { diag } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { ProcessorChain } from '../pipeline/processor-chain.ts';
import { SpanRedaction } from './span-redaction.ts';
import type { Redactor } from './redactor.ts';

/** Redacts ended spans before it passes them to the next processors. */
export class RedactingSpanProcessor extends ProcessorChain {
  readonly #redaction: SpanRedaction;

  constructor(redactor: Redactor, next: readonly SpanProcessor[]) {
    super(next);
    this.#redaction = new SpanRedaction(redactor);
  }

  onEnd(span: ReadableSpan): void {
    let redactedSpan: ReadableSpan;
    try {
      redactedSpan = this.#redaction.redactSpan(span);
    } catch (error) {
      diag.error('failed to redact a span; it is not exported', error);
      return;
    }
    this.pass(redactedSpan);
  }
}
