import { type EncodedBytes, encodedKey } from '../../protobuf/encoded-bytes.ts';
import type { ProtobufWriter } from '../../protobuf/writer.ts';
import { convertInteger } from '@sonde/sdk';

const minInt64 = -(2 ** 63);
const maxInt64 = 2 ** 63;
const maxDepth = 24;
const maxMembers = 100_000;

/** Remaining members and items of the value being written. Shared references could expand without bound. */
let remainingMembers = maxMembers;

/** The fields of `AnyValue`, which are a oneof. */
const anyValueField = { string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 } as const;

/**
 * Writes a value as an `AnyValue`. A value without a counterpart there, such as null or a function, is an empty one.
 *
 * @throws {RangeError} if the value is nested deeper than 24 levels, which includes circular values, or has more than
 * 100,000 members; and rethrows the error of a getter
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto
 */
export function writeAnyValue(writer: ProtobufWriter, field: number, value: unknown, depth = 0): void {
  if (typeof value === 'string' && writer.stringMessage(field, anyValueField.string, value)) return;
  const start = writer.open(field);
  writeVariant(writer, value, depth);
  writer.close(start);
}

/** Writes a key and its value as a `KeyValue`. */
export function writeKeyValue(
  writer: ProtobufWriter,
  field: number,
  key: string,
  value: unknown,
  depth = 0,
  cachedKey: EncodedBytes | undefined = encodedKey(key),
): void {
  if (cachedKey !== undefined && writeShort(writer, field, cachedKey, value)) return;
  const start = writer.open(field);
  if (cachedKey === undefined) writer.string(1, key);
  else writer.encodedBytes(cachedKey);
  writeAnyValue(writer, 2, value, depth);
  writer.close(start);
}

/** Fast path for short values; returns false if there is none for `value`. */
function writeShort(writer: ProtobufWriter, field: number, key: EncodedBytes, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return writer.keyAndString(field, key, anyValueField.string, value);
    case 'boolean':
      return writer.keyAndInteger(field, key, anyValueField.bool, value ? 1 : 0);
    case 'number':
      return (value & 0x7f_ff_ff_ff) === value && writer.keyAndInteger(field, key, anyValueField.int, value);
    default:
      return false;
  }
}

function writeVariant(writer: ProtobufWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      writer.string(anyValueField.string, value);
      break;
    case 'boolean':
      writer.bool(anyValueField.bool, value);
      break;
    case 'number':
      if (Number.isInteger(value) && value >= minInt64 && value < maxInt64)
        writer.int(anyValueField.int, value);
      else writer.double(anyValueField.double, value);
      break;
    case 'bigint':
      writeBigInt(writer, value);
      break;
    case 'object':
      if (value !== null) writeObject(writer, value, depth + 1);
      break;
    default:
  }
}

/** Integers beyond 64 bits are written as strings. */
function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  const integer = convertInteger(value);
  if (typeof integer === 'number') writer.int(anyValueField.int, integer);
  else if (typeof integer === 'string') writer.string(anyValueField.string, integer);
  else writer.bigint(anyValueField.int, value);
}

function writeObject(writer: ProtobufWriter, value: object, depth: number): void {
  if (depth > maxDepth) throw new RangeError(`value is nested deeper than ${maxDepth} levels`);
  if (depth === 1) remainingMembers = maxMembers;
  if (value instanceof Uint8Array) {
    writer.bytes(anyValueField.bytes, value);
    return;
  }
  const start = writer.open(Array.isArray(value) ? anyValueField.array : anyValueField.map);
  if (Array.isArray(value)) {
    for (const item of value) {
      countMember();
      writeAnyValue(writer, 1, item, depth);
    }
  } else {
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      countMember();
      writeKeyValue(writer, 1, key, (value as Record<string, unknown>)[key], depth);
    }
  }
  writer.close(start);
}

function countMember(): void {
  remainingMembers--;
  if (remainingMembers < 0) throw new RangeError(`value has more than ${maxMembers} members`);
}
