import { isSpanId, isTraceId } from './ids.ts';
import type { SpanData } from './model.ts';

/** Rejects spans without valid ids. As the specification requires, it counts them, and the other spans are accepted. */
export class SpanCheck {
  #rejected = 0;
  #reason = '';

  get refusals(): { readonly rejected: number; readonly reason: string } {
    return { rejected: this.#rejected, reason: this.#reason };
  }

  accept(span: SpanData): SpanData | undefined {
    if (isTraceId(span.traceId) && isSpanId(span.spanId)) {
      // A parent id of zeros means no parent.
      if (!isSpanId(span.parentSpanId)) span.parentSpanId = '';
      return span;
    }
    this.#rejected += 1;
    const field = isTraceId(span.traceId) ? 'span_id' : 'trace_id';
    const expected = field === 'span_id' ? '8 bytes' : '16 bytes';
    this.#reason ||= `span ${JSON.stringify(span.name.slice(0, 80))}: ${field} is invalid, expected ${expected}, not all zero`;
    return undefined;
  }
}
