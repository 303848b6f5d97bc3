import { toHex, parseHexWord } from './hex.ts';
import type { TraceWords } from '../fast-path.ts';

/** A trace id, shared by all local spans of the trace. */
export class TraceId implements TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  #hex: string | undefined;

  /** @param hex the id as text, if it is known */
  constructor(word0: number, word1: number, word2: number, word3: number, hex?: string) {
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    this.#hex = hex;
  }

  /** @param hex 32 hexadecimal digits */
  static parse(hex: string): TraceId {
    return new TraceId(
      parseHexWord(hex, 0),
      parseHexWord(hex, 8),
      parseHexWord(hex, 16),
      parseHexWord(hex, 24),
      hex,
    );
  }

  get hex(): string {
    return (this.#hex ??= toHex(this.word0, this.word1) + toHex(this.word2, this.word3));
  }
}
