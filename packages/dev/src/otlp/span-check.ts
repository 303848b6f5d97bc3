import { isSpanId, isTraceId } from './ids.ts';
import type { SpanData } from './model.ts';

/** Refuses spans without valid ids: the specification asks to accept the others, and to count those. */
export class SpanCheck {
  #rejected = 0;
  #reason = '';

  get refusals(): { readonly rejected: number; readonly reason: string } {
    return { rejected: this.#rejected, reason: this.#reason };
  }

  accept(span: SpanData): SpanData | undefined {
    if (isTraceId(span.traceId) && isSpanId(span.spanId)) {
      // A parent of zeros is none.
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
