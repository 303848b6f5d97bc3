import { putString, wireType } from './wire-format.ts';

/** Bytes that are written repeatedly, as 32-bit words: copying a few words is faster than `TypedArray.set`. */
export interface EncodedBytes {
  /** The number of bytes. */
  readonly length: number;
  readonly words: Int32Array;
}

/** Copies bytes into words. */
function toEncodedBytes(bytes: Uint8Array): EncodedBytes {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = new Int32Array(padded.length / 4);
  for (let index = 0; index < words.length; index++) words[index] = view.getInt32(index * 4);
  return { length: bytes.length, words };
}

/** Writes the bytes at `start`, followed by up to three bytes of padding; returns the position after the bytes. */
export function putEncodedBytes(view: DataView, start: number, { length, words }: EncodedBytes): number {
  for (let index = 0; index < words.length; index++) view.setInt32(start + index * 4, words[index]!);
  return start + length;
}

const maxKeyLength = 64;
const maxKeys = 2000;
const encodedKeys = new Map<string, EncodedBytes>();

/**
 * Encodes an attribute key as field 1 of a message. Applications reuse few keys, so each is encoded once.
 *
 * @returns undefined if the key is too long to be cached
 */
export function encodedKey(key: string): EncodedBytes | undefined {
  return encodedKeys.get(key) ?? cacheKey(key);
}

function cacheKey(key: string): EncodedBytes | undefined {
  if (key.length > maxKeyLength) return undefined;
  // Bounds the memory of applications that generate keys without end.
  if (encodedKeys.size >= maxKeys) encodedKeys.clear();
  const buffer = Buffer.alloc(key.length * 3 + 3);
  buffer[0] = 8 + wireType.lengthDelimited;
  const encoded = toEncodedBytes(buffer.subarray(0, putString(buffer, 1, key)));
  encodedKeys.set(key, encoded);
  return encoded;
}
