import type { TraceState } from '@opentelemetry/api';
import type { ProtobufWriter } from '../protobuf/writer.ts';

/** The id of a trace as four words of 32 bits, signed ones, the most significant first. */
export interface TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

/** What a span is known by, with its ids as words of 32 bits: texts are made of them when they are read. */
export interface SpanIds {
  /** Undefined when the texts say more than words can: ids may be anything that somebody's generator makes. */
  readonly traceWords: TraceWords | undefined;
  readonly spanWord0: number;
  readonly spanWord1: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: TraceState | undefined;
}

/**
 * What spans and log records may implement beside what the SDK asks of them, so that ids are encoded without being made
 * a text of.
 */
export interface HasSpanIds {
  /**
   * The ids, when `asked` is the span or record itself; undefined for what inherits from it or stands for it as a proxy,
   * which may have others.
   */
  spanIds(asked: object): SpanIds | undefined;
}

/** The ids of a span or record, where it has them at hand. */
export function spanIds(of: object): SpanIds | undefined {
  return (of as Partial<HasSpanIds>).spanIds?.(of);
}

/** Writes the ids of a trace and of a span in it, each in a field of its own. */
export function writeSpanIds(
  writer: ProtobufWriter,
  traceField: number,
  spanField: number,
  ids: SpanIds | { readonly traceId: string; readonly spanId: string },
): void {
  const trace = 'traceWords' in ids ? ids.traceWords : undefined;
  if (trace !== undefined) {
    const { spanWord0, spanWord1 } = ids as SpanIds;
    writer.words(traceField, trace.word0, trace.word1, trace.word2, trace.word3);
    writer.words(spanField, spanWord0, spanWord1);
    return;
  }
  if (ids.traceId) writer.hex(traceField, ids.traceId);
  if (ids.spanId) writer.hex(spanField, ids.spanId);
}
