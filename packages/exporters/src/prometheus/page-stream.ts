import { Readable } from 'node:stream';

const sliceMs = 4;
const chunkCharacters = 65_536;
const piecesBetweenClockReadings = 32;

/** Streams a page that is made piece by piece: one slice of a few milliseconds in each turn of the event loop, as fast as it is read. */
export class PageStream extends Readable {
  readonly #pieces: Iterator<string, void>;

  constructor(pieces: Iterator<string, void>) {
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
      const { text, done } = this.#nextChunk();
      if (text !== '') this.push(text);
      if (done) this.push(null);
      else if (text === '') this.#schedule();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #nextChunk(): { text: string; done: boolean } {
    const end = performance.now() + sliceMs;
    let text = '';
    for (let count = 1; text.length < chunkCharacters; count++) {
      const step = this.#pieces.next();
      if (step.done === true) return { text, done: true };
      text += step.value;
      if (count % piecesBetweenClockReadings === 0 && performance.now() > end) break;
    }
    return { text, done: false };
  }
}
