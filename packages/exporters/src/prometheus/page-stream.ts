import { Readable } from 'node:stream';

const sliceMs = 4;
const chunkCharacters = 65_536;

/** Streams a page that is made piece by piece: one slice of a few milliseconds in each turn of the event loop, as fast as it is read. */
export class PageStream extends Readable {
  readonly #pieces: Iterator<string | Uint8Array, void>;

  constructor(pieces: Iterator<string | Uint8Array, void>) {
    super({ highWaterMark: chunkCharacters });
    this.#pieces = pieces;
  }

  override _read(): void {
    this.#schedule();
  }

  #schedule(): void {
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    if (this.destroyed) return;
    try {
      const { chunk, done } = this.#nextChunk();
      if (chunk.length > 0) this.push(chunk);
      if (done) this.push(null);
      else if (chunk.length === 0) this.#schedule();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Text is gathered; bytes are passed on as they are, and a writer of bytes makes no text. */
  #nextChunk(): { chunk: string | Uint8Array; done: boolean } {
    const end = performance.now() + sliceMs;
    let text = '';
    while (text.length < chunkCharacters && performance.now() < end) {
      const step = this.#pieces.next();
      if (step.done === true) return { chunk: text, done: true };
      if (typeof step.value !== 'string') return { chunk: step.value, done: false };
      text += step.value;
    }
    return { chunk: text, done: false };
  }
}
