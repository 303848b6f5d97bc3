import type { TraceWords } from '@sonde/exporters';
import { idText, wordOf } from './id-text.ts';

/** The id of a trace, as all of its spans here share it. */
export class TraceId implements TraceWords {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  #text: string | undefined;

  /** @param text what the words say, where it is known */
  constructor(word0: number, word1: number, word2: number, word3: number, text?: string) {
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    this.#text = text;
  }

  /** @param text 32 hexadecimal digits */
  static of(text: string): TraceId {
    return new TraceId(wordOf(text, 0), wordOf(text, 8), wordOf(text, 16), wordOf(text, 24), text);
  }

  get text(): string {
    return (this.#text ??= idText(this.word0, this.word1) + idText(this.word2, this.word3));
  }
}
