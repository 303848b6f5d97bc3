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
 * What a span is known by. Its ids are words until somebody reads them: most are exported as bytes, or not at all.
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

  /** Of what a generator of ids makes, which may be any text. */
  static fromHex(traceId: string, spanId: string): LazySpanContext {
    const isUsual = isValidTraceId(traceId) && isValidSpanId(spanId);
    const identity = isUsual
      ? new LazySpanContext(TraceId.parse(traceId), parseHexWord(spanId, 0), parseHexWord(spanId, 8))
      : new LazySpanContext(undefined, 0, 0);
    identity.#traceHex = traceId;
    identity.#spanHex = spanId;
    return identity;
  }

  get traceId(): string {
    return (this.#traceHex ??= this.traceWords?.text ?? '');
  }

  get spanId(): string {
    return (this.#spanHex ??= toHex(this.spanWord0, this.spanWord1));
  }

  /** Always the same object, as it goes out to the application. */
  get context(): SpanContext {
    return (this.#context ??= this.#create());
  }

  #create(): SpanContext {
    const { traceId, spanId, traceFlags, traceState } = this;
    return { traceId, spanId, traceFlags, traceState } as SpanContext;
  }
}
