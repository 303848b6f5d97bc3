import { putVarint, varintSize } from './varint.ts';

/** Longer texts, in UTF-16 code units, are encoded faster by Node than letter by letter. */
export const shortText = 48;

/** The value of each hexadecimal digit by its character code. */
const digits = new Uint8Array(128);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  digits[digit.charCodeAt(0)] = value;
  digits[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Writes the bytes that hexadecimal digits stand for behind their number, and gives the place behind them. */
export function putHex(bytes: Uint8Array, start: number, value: string): number {
  const size = value.length >>> 1;
  let at = putVarint(bytes, start, size);
  for (let index = 0; index < size * 2; index += 2) {
    const high = digits[value.charCodeAt(index)] ?? 0;
    const low = digits[value.charCodeAt(index + 1)] ?? 0;
    bytes[at++] = (high << 4) | low;
  }
  return at;
}

/** Writes a short text behind its length, and gives the place behind it; -1 for a text that is not ASCII. */
export function putAscii(bytes: Uint8Array, start: number, value: string): number {
  const { length } = value;
  let at = start;
  bytes[at++] = length;
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0x7f) return -1;
    bytes[at++] = code;
  }
  return at;
}

/** Writes any text behind its length, and gives the place behind it. */
export function putText(bytes: Buffer, start: number, value: string): number {
  const likely = start + varintSize(value.length);
  const size = bytes.write(value, likely);
  const actual = start + varintSize(size);
  if (actual !== likely) bytes.copyWithin(actual, likely, likely + size);
  putVarint(bytes, start, size);
  return actual + size;
}
