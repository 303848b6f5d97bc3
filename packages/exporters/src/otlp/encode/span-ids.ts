import type { ProtobufWriter } from '../../protobuf/writer.ts';
import type { SpanIds } from '@sonde/sdk';

/** Writes a trace id and a span id. */
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
