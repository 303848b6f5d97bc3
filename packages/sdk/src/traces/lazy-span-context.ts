import {
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  TraceFlags,
  type TraceState,
} from '@opentelemetry/api';

import { toHex, parseHexWord } from './hex.ts';
import { TraceId } from './trace-id.ts';
import type { SpanIds } from '../fast-path.ts';

/**
 * A span context that formats its ids as hex when they are first read: most are exported as bytes, or not at all.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext
 */
export class LazySpanContext implements SpanIds {
  readonly traceWords: TraceId | undefined;
  readonly spanWord0: number;
  readonly spanWord1: number;
  traceFlags: number = TraceFlags.NONE;
  traceState: TraceState | undefined;
  #traceHex: string | undefined;
  #spanHex: string | undefined;
  #context: SpanContext | undefined;

  constructor(trace: TraceId | undefined, spanWord0: number, spanWord1: number) {
    this.traceWords = trace;
    this.spanWord0 = spanWord0;
    this.spanWord1 = spanWord1;
  }

  /** Creates a context from the output of a custom id generator, which may be any text. */
  static fromHex(traceId: string, spanId: string): LazySpanContext {
    const areValid = isValidTraceId(traceId) && isValidSpanId(spanId);
    const context = areValid
      ? new LazySpanContext(TraceId.parse(traceId), parseHexWord(spanId, 0), parseHexWord(spanId, 8))
      : new LazySpanContext(undefined, 0, 0);
    context.#traceHex = traceId;
    context.#spanHex = spanId;
    return context;
  }

  get traceId(): string {
    return (this.#traceHex ??= this.traceWords?.hex ?? '');
  }

  get spanId(): string {
    return (this.#spanHex ??= toHex(this.spanWord0, this.spanWord1));
  }

  /** Always the same object: the application may compare it. */
  get context(): SpanContext {
    return (this.#context ??= this.#create());
  }

  #create(): SpanContext {
    const { traceId, spanId, traceFlags, traceState } = this;
    return { traceId, spanId, traceFlags, traceState } as SpanContext;
  }
}
