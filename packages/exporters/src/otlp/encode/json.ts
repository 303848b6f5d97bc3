import { ProtobufReader } from '../../protobuf/reader.ts';
import { type FieldKind, requests, type Schema } from './schema.ts';

/** A value in OTLP/JSON: 64-bit integers and non-finite numbers are strings, ids are hexadecimal. */
type Json = string | number | boolean | Json[] | { [name: string]: Json };

const delimited = 2;

/**
 * Converts a request from protocol buffers to OTLP/JSON.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @example
 * ```ts
 * const json = otlpJson('traces', encodeTraces(spans).body);
 * ```
 */
export function otlpJson(signal: keyof typeof requests, body: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify(toMessage(requests[signal], body)));
}

function toMessage({ fields }: Schema, bytes: Uint8Array): { [name: string]: Json } {
  const reader = new ProtobufReader(bytes);
  const message: { [name: string]: Json } = {};
  while (!reader.isAtEnd) {
    const { field: number, wireType } = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wireType);
    else if (!field.isRepeated) message[field.name] = toValue(field.kind, reader);
    else {
      const list = (message[field.name] ??= []) as Json[];
      if (isPacked(field.kind, wireType)) list.push(...unpack(field.kind, reader.delimited()));
      else list.push(toValue(field.kind, reader));
    }
  }
  return message;
}

/** Repeated numbers are packed in one field. */
function isPacked(kind: FieldKind, wireType: number): boolean {
  return wireType === delimited && typeof kind === 'string' && kind !== 'string' && kind !== 'hex';
}

function unpack(kind: FieldKind, bytes: Uint8Array): Json[] {
  const reader = new ProtobufReader(bytes);
  const values: Json[] = [];
  while (!reader.isAtEnd) values.push(toValue(kind, reader));
  return values;
}

function toValue(kind: FieldKind, reader: ProtobufReader): Json {
  switch (kind) {
    case 'string':
      return reader.delimited().toString();
    case 'base64':
    case 'hex':
      return reader.delimited().toString(kind);
    case 'bool':
      return reader.varint() !== 0n;
    case 'double': {
      const value = reader.double();
      return Number.isFinite(value) ? value : String(value);
    }
    case 'fixed32':
      return reader.fixed32();
    case 'uint32':
      return Number(reader.varint());
    case 'sint32': {
      const zigzag = Number(reader.varint());
      return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    case 'uint64':
      return String(reader.varint());
    case 'int64':
      return String(BigInt.asIntN(64, reader.varint()));
    case 'fixed64':
      return String(reader.fixed64());
    case 'sfixed64':
      return String(BigInt.asIntN(64, reader.fixed64()));
    default:
      return toMessage(kind, reader.delimited());
  }
}
