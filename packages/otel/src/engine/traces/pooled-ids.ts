import { randomFillSync } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace';

const poolWords = 2048;
const digitsPerWord = 8;

/**
 * Random ids, from hexadecimal digits that are made for many at once. The text of an id is put together of its
 * character codes: a native conversion costs twice as much, and a piece of one long text is slow to read and keeps
 * all of it alive.
 */
export class PooledIds implements IdGenerator {
  readonly #words = new Uint32Array(poolWords);
  readonly #digits = Buffer.alloc(poolWords * digitsPerWord);
  #next = this.#digits.length;

  generateTraceId(): string {
    const at = this.#take(32);
    const d = this.#digits;
    // oxfmt-ignore
    return String.fromCharCode(
      d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!, d[at + 5]!, d[at + 6]!, d[at + 7]!,
      d[at + 8]!, d[at + 9]!, d[at + 10]!, d[at + 11]!, d[at + 12]!, d[at + 13]!, d[at + 14]!, d[at + 15]!,
      d[at + 16]!, d[at + 17]!, d[at + 18]!, d[at + 19]!, d[at + 20]!, d[at + 21]!, d[at + 22]!, d[at + 23]!,
      d[at + 24]!, d[at + 25]!, d[at + 26]!, d[at + 27]!, d[at + 28]!, d[at + 29]!, d[at + 30]!, d[at + 31]!,
    );
  }

  generateSpanId(): string {
    const at = this.#take(16);
    const d = this.#digits;
    // oxfmt-ignore
    return String.fromCharCode(
      d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!, d[at + 5]!, d[at + 6]!, d[at + 7]!,
      d[at + 8]!, d[at + 9]!, d[at + 10]!, d[at + 11]!, d[at + 12]!, d[at + 13]!, d[at + 14]!, d[at + 15]!,
    );
  }

  /** Where the next id begins. */
  #take(length: number): number {
    if (this.#next + length > this.#digits.length) this.#fill();
    const start = this.#next;
    this.#next = start + length;
    return start;
  }

  #fill(): void {
    const words = randomFillSync(this.#words);
    // An id of zeros is invalid. All ids begin at a multiple of two words.
    for (let at = 0; at < words.length; at += 2) if (words[at] === 0 && words[at + 1] === 0) words[at] = 1;
    this.#digits.write(Buffer.from(words.buffer).toString('hex'), 'latin1');
    this.#next = 0;
  }
}
