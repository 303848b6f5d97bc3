import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ScrapeProgress } from './scrape-progress.ts';

type Piece = string | Uint8Array;

const sliceMs = 4;
const chunkBytes = 65_536;

/**
 * One page that any number of responses read while it is rendered: the chunks are made once, at the renderer's pace, and each response takes
 * them at its own.
 */
export class RenderedExposition {
  readonly #isCompressed: boolean;
  readonly #chunks: Buffer[] = [];
  readonly #readers = new Set<ScrapeProgress>();
  readonly #onRelease: (page: RenderedExposition) => void;
  #state: 'rendering' | 'complete' | 'failed' = 'rendering';
  #error: unknown;
  #change = Promise.withResolvers<void>();
  /** The bytes that this page holds. */
  bytes = 0;

  /** `onRelease` is called when the last reader is done. */
  constructor(isCompressed: boolean, onRelease: (page: RenderedExposition) => void) {
    this.#isCompressed = isCompressed;
    this.#onRelease = onRelease;
  }

  /** Whether nobody reads the page. */
  get isAbandoned(): boolean {
    return this.#readers.size === 0;
  }

  /** When a reader last got on, by `performance.now()`; Infinity while one waits for the renderer. */
  get lastProgressMs(): number {
    return Math.max(...Array.from(this.#readers, ({ blockedSinceMs }) => blockedSinceMs ?? Infinity));
  }

  /** Ends the responses of all readers. */
  cutReaders(): void {
    for (const reader of this.#readers) reader.cut();
  }

  /** Makes the page from its pieces, a few milliseconds in each turn of the event loop; stops when nobody reads it. Never rejects. */
  async render(pieces: Iterator<Piece, void>): Promise<void> {
    const store = async (source: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of source) this.#append(chunk);
    };
    const chunks = (): AsyncGenerator<Buffer, void> => this.#slices(pieces);
    try {
      if (this.#isCompressed) {
        const { constants, createGzip } = process.getBuiltinModule('node:zlib');
        await pipeline(chunks, createGzip({ level: constants.Z_BEST_SPEED, chunkSize: chunkBytes }), store);
      } else {
        await pipeline(chunks, store);
      }
      this.#settle('complete');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Tells all readers that the page cannot be had. */
  fail(error: unknown): void {
    this.#error = error;
    this.#settle('failed');
  }

  /** Writes the page to a response as fast as it is read; rejects when the page fails, resolves early when the response is cut. */
  async sendTo(response: ServerResponse, progress: ScrapeProgress): Promise<void> {
    this.#readers.add(progress);
    try {
      await this.#sendChunks(response, progress);
    } finally {
      this.#readers.delete(progress);
      if (this.isAbandoned) this.#onRelease(this);
    }
  }

  async #sendChunks(response: ServerResponse, progress: ScrapeProgress): Promise<void> {
    for (let sent = 0; !progress.isOver;) {
      const chunk = this.#chunks[sent];
      if (chunk !== undefined) {
        sent++;
        if (!response.write(chunk)) await progress.drained(response);
      } else if (this.#state === 'rendering') {
        await progress.until(this.#change.promise);
      } else if (this.#state === 'failed') {
        throw this.#error;
      } else {
        await progress.finished(response);
      }
    }
  }

  #append(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
    this.#notify();
  }

  #settle(state: 'complete' | 'failed'): void {
    if (this.#state !== 'rendering') return;
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  async *#slices(pieces: Iterator<Piece, void>): AsyncGenerator<Buffer, void> {
    for (let isDone = false; !isDone && !this.isAbandoned;) {
      const slice = nextSlice(pieces);
      isDone = slice.isDone;
      if (slice.chunk.length > 0) yield slice.chunk;
      await nextTurn();
    }
  }
}

/** Gathers pieces to one chunk; text and bytes are not mixed, but for the empty string, which is only a moment to pause. */
function nextSlice(pieces: Iterator<Piece, void>): { chunk: Buffer; isDone: boolean } {
  const end = performance.now() + sliceMs;
  const bytes: Uint8Array[] = [];
  let text = '';
  for (let size = 0; size < chunkBytes && performance.now() < end;) {
    const step = pieces.next();
    if (step.done === true) return { chunk: toChunk(text, bytes), isDone: true };
    size += step.value.length;
    if (typeof step.value === 'string') text += step.value;
    else bytes.push(step.value);
  }
  return { chunk: toChunk(text, bytes), isDone: false };
}

function toChunk(text: string, bytes: readonly Uint8Array[]): Buffer {
  return bytes.length === 0 ? Buffer.from(text) : Buffer.concat(bytes);
}
