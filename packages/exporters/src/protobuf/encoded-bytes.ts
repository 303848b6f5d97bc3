/** Bytes that are written again and again, in words of four bytes: a few of those are copied faster than by `set`. */
export interface EncodedBytes {
  /** How many bytes. */
  readonly length: number;
  readonly words: Int32Array;
}

/** A copy of bytes. */
export function toEncodedBytes(bytes: Uint8Array): EncodedBytes {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = new Int32Array(padded.length / 4);
  for (let index = 0; index < words.length; index++) words[index] = view.getInt32(index * 4);
  return { length: bytes.length, words };
}

/** Writes a piece, up to three bytes behind it too, and gives the place behind it. */
export function putEncodedBytes(view: DataView, start: number, { length, words }: EncodedBytes): number {
  for (let index = 0; index < words.length; index++) view.setInt32(start + index * 4, words[index]!);
  return start + length;
}
