const digits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const digitsPerWord = 8;

/** Formats two 32-bit words as 16 hexadecimal digits, twice as fast as a native conversion. */
export function toHex(high: number, low: number): string {
  const d = digits;
  // oxfmt-ignore
  return String.fromCharCode(
    d[high >>> 28]!, d[(high >>> 24) & 15]!, d[(high >>> 20) & 15]!, d[(high >>> 16) & 15]!,
    d[(high >>> 12) & 15]!, d[(high >>> 8) & 15]!, d[(high >>> 4) & 15]!, d[high & 15]!,
    d[low >>> 28]!, d[(low >>> 24) & 15]!, d[(low >>> 20) & 15]!, d[(low >>> 16) & 15]!,
    d[(low >>> 12) & 15]!, d[(low >>> 8) & 15]!, d[(low >>> 4) & 15]!, d[low & 15]!,
  );
}

/** Returns the value of a hexadecimal digit. */
const digitValue = (code: number): number => (code < 58 ? code - 48 : (code | 32) - 87);

/** Parses eight hexadecimal digits as a 32-bit word. */
export function parseHexWord(text: string, start: number): number {
  let word = 0;
  for (let index = start; index < start + digitsPerWord; index++)
    word = (word << 4) | digitValue(text.charCodeAt(index));
  return word;
}
