const digits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const digitsPerWord = 8;

/** The hexadecimal digits of two words, put together of their character codes: a native conversion costs twice as much. */
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

/** The value of a hexadecimal digit. */
const digitValues = (code: number): number => (code < 58 ? code - 48 : (code | 32) - 87);

/** The word that eight hexadecimal digits say. */
export function parseHexWord(text: string, start: number): number {
  let word = 0;
  for (let at = start; at < start + digitsPerWord; at++)
    word = (word << 4) | digitValues(text.charCodeAt(at));
  return word;
}
