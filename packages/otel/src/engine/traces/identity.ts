import {
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  TraceFlags,
  type TraceState,
} from '@opentelemetry/api';
import type { SpanIds } from '@sonde/exporters';
import { idText, wordOf } from './id-text.ts';
import { TraceId } from './trace-id.ts';

/**
 * What a span is known by. Its ids are words until somebody reads them: most are exported as bytes, or not at all.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext
 */
export class Identity implements SpanIds {
  readonly traceWords: TraceId | undefined;
  readonly spanWord0: number;
  readonly spanWord1: number;
  traceFlags: number = TraceFlags.NONE;
  traceState: TraceState | undefined;
  #traceText: string | undefined;
  #spanText: string | undefined;
  #context: SpanContext | undefined;

  constructor(trace: TraceId | undefined, spanWord0: number, spanWord1: number) {
    this.traceWords = trace;
    this.spanWord0 = spanWord0;
    this.spanWord1 = spanWord1;
  }

  /** Of what a generator of ids makes, which may be any text. */
  static ofTexts(traceId: string, spanId: string): Identity {
    const isUsual = isValidTraceId(traceId) && isValidSpanId(spanId);
    const identity = isUsual
      ? new Identity(TraceId.of(traceId), wordOf(spanId, 0), wordOf(spanId, 8))
      : new Identity(undefined, 0, 0);
    identity.#traceText = traceId;
    identity.#spanText = spanId;
    return identity;
  }

  get traceId(): string {
    return (this.#traceText ??= this.traceWords?.text ?? '');
  }

  get spanId(): string {
    return (this.#spanText ??= idText(this.spanWord0, this.spanWord1));
  }

  /** Always the same object, as it goes out to the application. */
  get context(): SpanContext {
    return (this.#context ??= this.#made());
  }

  #made(): SpanContext {
    const { traceId, spanId, traceFlags, traceState } = this;
    return { traceId, spanId, traceFlags, traceState } as SpanContext;
  }
}
