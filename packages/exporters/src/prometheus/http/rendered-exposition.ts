import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ScrapeProgress } from './scrape-progress.ts';

type Part = string | Uint8Array;

const sliceMs = 1;
const chunkBytes = 262_144;

/**
 * An exposition that any number of responses read while it is rendered. Its chunks are produced once, each response reads them
 * at its own pace, and those that all have read are released.
 */
export class RenderedExposition {
  readonly #isCompressed: boolean;
  /** The chunks from `#released` on, which a reader still needs. */
  readonly #chunks: Buffer[] = [];
  #released = 0;
  /** The number of chunks that each reader has written. */
  readonly #readers = new Map<ScrapeProgress, number>();
  readonly #onRelease: (exposition: RenderedExposition) => void;
  #state: 'rendering' | 'complete' | 'failed' = 'rendering';
  #error: unknown;
  #change = Promise.withResolvers<void>();
  /** The number of bytes held. */
  bytes = 0;

  /** @param onRelease called when the last reader has finished */
  constructor(isCompressed: boolean, onRelease: (exposition: RenderedExposition) => void) {
    this.#isCompressed = isCompressed;
    this.#onRelease = onRelease;
  }

  /** Whether there are no readers. */
  get isAbandoned(): boolean {
    return this.#readers.size === 0;
  }

  /** When a reader last made progress, by `performance.now()`; Infinity while one waits for the renderer. */
  get lastProgressMs(): number {
    return Math.max(...Array.from(this.#readers.keys(), ({ blockedSinceMs }) => blockedSinceMs ?? Infinity));
  }

  /** Aborts the responses of all readers. */
  abortReaders(): void {
    for (const reader of this.#readers.keys()) reader.abort();
  }

  /** Renders the parts, about a millisecond per event-loop turn; stops when there are no readers. Never rejects. */
  async render(parts: Iterator<Part, void>): Promise<void> {
    const store = async (source: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of source) this.#append(chunk);
    };
    const chunks = (): AsyncGenerator<Buffer, void> => this.#slices(parts);
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

  /** Fails the exposition for all readers. */
  fail(error: unknown): void {
    this.#error = error;
    this.#settle('failed');
  }

  /** Writes the chunks to a response as fast as it is read; rejects if rendering fails, resolves early if the response is aborted. */
  async sendTo(response: ServerResponse, progress: ScrapeProgress): Promise<void> {
    this.#readers.set(progress, 0);
    try {
      await this.#sendChunks(response, progress);
    } finally {
      this.#readers.delete(progress);
      this.#releaseChunks();
      if (this.isAbandoned) this.#onRelease(this);
    }
  }

  async #sendChunks(response: ServerResponse, progress: ScrapeProgress): Promise<void> {
    for (let sent = 0; !progress.isOver;) {
      const chunk = this.#chunks[sent - this.#released];
      if (chunk !== undefined) {
        this.#readers.set(progress, ++sent);
        this.#releaseChunks();
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

  #releaseChunks(): void {
    const read = Math.min(...this.#readers.values());
    const count = Math.min(this.#chunks.length, read - this.#released);
    for (const chunk of this.#chunks.splice(0, count)) this.bytes -= chunk.length;
    this.#released += count;
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

  async *#slices(parts: Iterator<Part, void>): AsyncGenerator<Buffer, void> {
    for (let isDone = false; !isDone && !this.isAbandoned;) {
      const slice = nextSlice(parts);
      isDone = slice.isDone;
      if (slice.chunk.length > 0) yield slice.chunk;
      await nextTurn();
    }
  }
}

/** Collects parts into one chunk. Parts are all text or all bytes, except for empty strings, which only allow a pause. */
function nextSlice(parts: Iterator<Part, void>): { chunk: Buffer; isDone: boolean } {
  const end = performance.now() + sliceMs;
  const bytes: Uint8Array[] = [];
  let text = '';
  for (let size = 0; size < chunkBytes && performance.now() < end;) {
    const step = parts.next();
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
