import { ProtobufWriter } from '../protobuf/writer.ts';
import type { Encoded } from './encoded.ts';
import { grouped, type Origin, writeResource, writeScope } from './origin.ts';

/** Reused for all messages, each of which is copied out of it when it is complete; undefined while it is in use. */
let spare: ProtobufWriter | undefined;
const groupField = 1;
const scopedField = 2;
const schemaField = 3;

/**
 * Encodes items that know where they come from: `ResourceSpans` and `ResourceLogs` are built alike.
 *
 * @param write writes one item as a field 2; where it throws, the item is left out
 */
export function encodeBatch<T extends Origin>(
  items: readonly T[],
  write: (writer: ProtobufWriter, item: T) => void,
): Encoded {
  // A getter of what is encoded might export something itself.
  const writer = spare ?? new ProtobufWriter(64 * 1024);
  spare = undefined;
  let count = 0;
  for (const [resource, scopes] of grouped(items)) {
    const before = writer.length;
    const countBefore = count;
    const ofResource = writer.open(groupField, 3);
    try {
      writeResource(writer, resource);
      for (const [scope, group] of scopes) {
        const beforeScope = writer.length;
        const ofScope = writer.open(scopedField, 3);
        writeScope(writer, scope);
        const written = writeItems(writer, group, write);
        if (scope.schemaUrl) writer.string(schemaField, scope.schemaUrl);
        writer.close(ofScope, 3);
        if (written === 0) writer.rewind(beforeScope);
        count += written;
      }
      if (resource.schemaUrl) writer.string(schemaField, resource.schemaUrl);
      writer.close(ofResource, 3);
    } catch {
      count = countBefore;
    }
    if (count === countBefore) writer.rewind(before);
  }
  const body = writer.take();
  spare = writer;
  return { body, count, unencodable: items.length - count };
}

function writeItems<T>(
  into: ProtobufWriter,
  items: readonly T[],
  write: (writer: ProtobufWriter, item: T) => void,
): number {
  let written = 0;
  for (const item of items) {
    const before = into.length;
    try {
      write(into, item);
      written++;
    } catch {
      into.rewind(before);
    }
  }
  return written;
}
