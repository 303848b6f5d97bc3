/** Counts the items of an OTLP request from its outer fields, without decoding items. */

/** Calls `visit` with the bounds of each length-delimited field of a number, inside the bounds of a message. */
function visitFields(
  bytes: Uint8Array,
  from: number,
  to: number,
  visit: (field: number, from: number, to: number) => void,
): void {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < to; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < to) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      visit(key >>> 3, at, Math.min(to, at + length));
      at += length;
    } else return;
  }
}

/**
 * The spans, log records or metrics in a protobuf request: three levels, resource, scope and item, have the same field
 * numbers in the three signals.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/collector/trace/v1/trace_service.proto
 */
export function countItems(bytes: Uint8Array): number {
  let count = 0;
  visitFields(bytes, 0, bytes.length, (group, groupFrom, groupTo) => {
    if (group !== 1) return;
    visitFields(bytes, groupFrom, groupTo, (scoped, scopedFrom, scopedTo) => {
      if (scoped !== 2) return;
      visitFields(bytes, scopedFrom, scopedTo, (item) => {
        if (item === 2) count++;
      });
    });
  });
  return count;
}
