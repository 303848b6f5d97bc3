import { toHex, parseHexWord } from './hex.ts';
import type { TraceWords } from '../fast-path.ts';

/** The id of a trace, as all of its spans here share it. */
export class TraceId implements TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  #hex: string | undefined;

  /** @param hex what the words say, where it is known */
  constructor(word0: number, word1: number, word2: number, word3: number, hex?: string) {
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    this.#hex = hex;
  }

  /** @param text 32 hexadecimal digits */
  static parse(text: string): TraceId {
    return new TraceId(
      parseHexWord(text, 0),
      parseHexWord(text, 8),
      parseHexWord(text, 16),
      parseHexWord(text, 24),
      text,
    );
  }

  get text(): string {
    return (this.#hex ??= toHex(this.word0, this.word1) + toHex(this.word2, this.word3));
  }
}
