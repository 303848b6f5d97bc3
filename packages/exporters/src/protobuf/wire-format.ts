/** Wire types of the encoding: the low three bits of a field's tag. */
export const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/** Node.js encodes strings longer than this, in UTF-16 code units, faster than a loop over their characters does. */
export const shortStringLength = 48;

/** The value of each hexadecimal digit by its character code. */
const hexValues = new Uint8Array(128);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}

// Each `put` function writes at `start` and returns the position after the last byte written.

/** Writes an unsigned integer as a varint. */
export function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let position = start;
  let remaining = value;
  while (remaining >= 2 ** 31) {
    bytes[position++] = (remaining % 0x80) + 0x80;
    remaining = Math.floor(remaining / 0x80);
  }
  while (remaining > 0x7f) {
    bytes[position++] = (remaining & 0x7f) | 0x80;
    remaining >>>= 7;
  }
  bytes[position++] = remaining;
  return position;
}

/** The number of bytes that a varint below 2^35 occupies. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** ZigZag encoding: maps signed integers of small magnitude to small unsigned ones. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Writes a length and the bytes that a string of hexadecimal digits represents. */
export function putHex(bytes: Uint8Array, start: number, value: string): number {
  const size = value.length >>> 1;
  let position = putVarint(bytes, start, size);
  for (let index = 0; index < size * 2; index += 2) {
    const high = hexValues[value.charCodeAt(index)] ?? 0;
    const low = hexValues[value.charCodeAt(index + 1)] ?? 0;
    bytes[position++] = (high << 4) | low;
  }
  return position;
}

/** Writes a length and a short ASCII string; returns -1 if the string is not ASCII. */
export function putAscii(bytes: Uint8Array, start: number, value: string): number {
  const { length } = value;
  let position = start;
  bytes[position++] = length;
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return -1;
    bytes[position++] = code;
  }
  return position;
}

/** Writes a length and a string of any length in UTF-8. */
export function putString(bytes: Buffer, start: number, value: string): number {
  const likely = start + varintSize(value.length);
  const size = bytes.write(value, likely);
  const actual = start + varintSize(size);
  if (actual !== likely) bytes.copyWithin(actual, likely, likely + size);
  putVarint(bytes, start, size);
  return actual + size;
}
