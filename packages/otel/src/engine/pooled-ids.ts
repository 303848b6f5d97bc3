import { randomFillSync } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace';

const poolBytes = 8192;

/** Random ids, from bytes that are drawn for many at once. */
export class PooledIds implements IdGenerator {
  readonly #bytes = Buffer.alloc(poolBytes);
  #next = poolBytes;

  generateTraceId(): string {
    return this.#take(16);
  }

  generateSpanId(): string {
    return this.#take(8);
  }

  #take(length: number): string {
    if (this.#next + length > poolBytes) this.#fill();
    const start = this.#next;
    this.#next = start + length;
    // Not a piece of one long text: that is slow to read, and keeps all of the text alive.
    return this.#bytes.toString('hex', start, this.#next);
  }

  #fill(): void {
    const bytes = randomFillSync(this.#bytes);
    // An id of zeros is invalid. All ids begin at a multiple of eight bytes.
    for (let at = 0; at < poolBytes; at += 8) {
      if (bytes.readUInt32LE(at) === 0 && bytes.readUInt32LE(at + 4) === 0) bytes[at] = 1;
    }
    this.#next = 0;
  }
}
