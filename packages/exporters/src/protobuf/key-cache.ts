import { type EncodedBytes, toEncodedBytes } from './encoded-bytes.ts';
import { ProtobufWriter } from './writer.ts';

const maxLength = 64;
const maxNames = 2000;
const known = new Map<string, EncodedBytes>();
const writer = new ProtobufWriter();

/**
 * A name as field 1 of a message. What attributes are called comes again and again, and is encoded once.
 *
 * @returns undefined for one that is too long to keep
 */
export function encodedName(name: string): EncodedBytes | undefined {
  return known.get(name) ?? learned(name);
}

function learned(name: string): EncodedBytes | undefined {
  if (name.length > maxLength) return undefined;
  // Names that an application makes up without end are encoded again and again.
  if (known.size >= maxNames) known.clear();
  writer.clear();
  writer.string(1, name);
  const encoded = toEncodedBytes(writer.written);
  known.set(name, encoded);
  return encoded;
}
