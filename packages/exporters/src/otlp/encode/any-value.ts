import { encodedName } from '../../protobuf/key-cache.ts';
import type { EncodedBytes } from '../../protobuf/encoded-bytes.ts';
import type { ProtobufWriter } from '../../protobuf/writer.ts';
import { integerOrText } from '@sonde/sdk';

const minInt64 = -(2 ** 63);
const maxInt64 = 2 ** 63;
const maxDepth = 24;
const maxMembers = 100_000;

/** How many members and items the value that is written may still have: shared references may expand without end. */
let membersLeft = maxMembers;

/** Fields of `AnyValue`, of which a message has one or none. */
const kind = { string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 } as const;

/**
 * Writes a value of any kind as an `AnyValue`. What has no counterpart there, such as null or a function, is an empty one.
 *
 * @throws {RangeError} for what is nested deeper than 24 levels, circular values among it, or has more than 100,000
 * members; and what a getter throws
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto
 */
export function writeAnyValue(writer: ProtobufWriter, field: number, value: unknown, depth = 0): void {
  if (typeof value === 'string' && writer.textMessage(field, kind.string, value)) return;
  const start = writer.open(field);
  writeKind(writer, value, depth);
  writer.close(start);
}

/** Writes a name and its value as a `KeyValue`. */
export function writeKeyValue(
  writer: ProtobufWriter,
  field: number,
  key: string,
  value: unknown,
  depth = 0,
  name: EncodedBytes | undefined = encodedName(key),
): void {
  if (name !== undefined && writeShort(writer, field, name, value)) return;
  const start = writer.open(field);
  if (name === undefined) writer.string(1, key);
  else writer.piece(name);
  writeAnyValue(writer, 2, value, depth);
  writer.close(start);
}

/** False for what is not short. */
function writeShort(writer: ProtobufWriter, field: number, name: EncodedBytes, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return writer.textPair(field, name, kind.string, value);
    case 'boolean':
      return writer.numberPair(field, name, kind.bool, value ? 1 : 0);
    case 'number':
      return (value & 0x7f_ff_ff_ff) === value && writer.numberPair(field, name, kind.int, value);
    default:
      return false;
  }
}

function writeKind(writer: ProtobufWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      writer.string(kind.string, value);
      break;
    case 'boolean':
      writer.bool(kind.bool, value);
      break;
    case 'number':
      if (Number.isInteger(value) && value >= minInt64 && value < maxInt64) writer.int(kind.int, value);
      else writer.double(kind.double, value);
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

/** An integer within 64 bits; more digits are a text. */
function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  const integer = integerOrText(value);
  if (typeof integer === 'number') writer.int(kind.int, integer);
  else if (typeof integer === 'string') writer.string(kind.string, integer);
  else writer.bigint(kind.int, value);
}

function writeObject(writer: ProtobufWriter, value: object, depth: number): void {
  if (depth > maxDepth) throw new RangeError(`a value is nested deeper than ${maxDepth} levels`);
  if (depth === 1) membersLeft = maxMembers;
  if (value instanceof Uint8Array) {
    writer.bytes(kind.bytes, value);
    return;
  }
  const start = writer.open(Array.isArray(value) ? kind.array : kind.map);
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
  membersLeft--;
  if (membersLeft < 0) throw new RangeError(`a value has more than ${maxMembers} members`);
}
