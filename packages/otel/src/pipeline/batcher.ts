import { diag } from '@opentelemetry/api';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';

/** Maximum number of items that are redacted and encoded together, small enough for the CPU cache. */
const MAX_CHUNK_SIZE = 64;

/** A resource, some of whose attributes may not be detected yet. */
interface DetectedResource {
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}

/** An item of a batch. */
export interface Batchable {
  readonly resource: DetectedResource;
}

/** Encodes items as they are added. */
export interface BatchEncoder<T> {
  readonly length: number;
  /** Whether the encoded items are so large that the batch is exported without further ones. */
  readonly isFull?: boolean;
  add(items: readonly T[]): void;
}

/** A group of items that are exported together. */
export interface Batch<T extends Batchable> {
  readonly items: T[] | BatchEncoder<T>;
  /** The first item. */
  readonly first: T;
  /** Number of added items, including those that could not be redacted and are missing from `items`. */
  size: number;
}

/**
 * Collects items into batches: as arrays, or encoded in chunks if the exporter supports it. Processing a chunk costs less
 * than processing single items.
 */
export class Batcher<T extends Batchable> {
  readonly #stats: DeliveryStats;
  readonly #maxSize: number;
  readonly #createEncoder: (() => BatchEncoder<T>) | undefined;
  readonly #redact: ((item: T) => T) | undefined;
  #chunk: T[] = [];
  #batch: Batch<T> | undefined;
  /** Maximum size of a chunk: lower after large items, so that a batch does not exceed its size by far. */
  #chunkSize = MAX_CHUNK_SIZE;
  /** Size of the current chunk. */
  #remaining: number;
  #isWorking = false;

  /**
   * @param maxSize maximum number of items in a batch
   * @param createEncoder creates the encoder of a batch; without it a batch is an array
   * @param redact returns the redacted item. An item for which it throws is dropped and counted as failed
   */
  constructor(
    stats: DeliveryStats,
    maxSize: number,
    createEncoder: (() => BatchEncoder<T>) | undefined,
    redact: ((item: T) => T) | undefined,
  ) {
    this.#stats = stats;
    this.#maxSize = maxSize;
    this.#createEncoder = createEncoder;
    this.#redact = redact;
    this.#remaining = this.#remainingIn(undefined);
  }

  /** Adds an item. Returns the batch that it completes, if any. */
  add(item: T): Batch<T> | undefined {
    return this.#chunk.push(item) < this.#remaining ? undefined : this.#encodeChunk();
  }

  /** Completes the current batch and returns it, if any. */
  flush(): Batch<T> | undefined {
    // A getter of an item may call `flush`.
    if (this.#isWorking) return undefined;
    const full = this.#chunk.length > 0 ? this.#encodeChunk() : undefined;
    if (full !== undefined) return full;
    const batch = this.#batch;
    this.#batch = undefined;
    this.#remaining = this.#remainingIn(undefined);
    return batch;
  }

  #encodeChunk(): Batch<T> | undefined {
    // A getter of an item may add items, which wait for the next chunk.
    if (this.#isWorking) return undefined;
    const chunk = this.#chunk.splice(0, this.#remaining);
    const batch = (this.#batch ??= { items: this.#createEncoder?.() ?? [], first: chunk[0] as T, size: 0 });
    batch.size += chunk.length;
    this.#isWorking = true;
    try {
      this.#addTo(batch.items, this.#redactChunk(chunk));
    } finally {
      this.#isWorking = false;
    }
    const isLarge = !Array.isArray(batch.items) && batch.items.isFull === true;
    const isFull = isLarge || batch.size >= this.#maxSize;
    if (isFull) this.#batch = undefined;
    if (isFull)
      this.#chunkSize = isLarge ? Math.max(1, Math.min(batch.size >> 1, MAX_CHUNK_SIZE)) : MAX_CHUNK_SIZE;
    this.#remaining = this.#remainingIn(this.#batch);
    return isFull ? batch : undefined;
  }

  #remainingIn(batch: Batch<T> | undefined): number {
    return Math.min(this.#maxSize - (batch?.size ?? 0), this.#chunkSize);
  }

  #addTo(items: Batch<T>['items'], chunk: readonly T[]): void {
    if (Array.isArray(items)) items.push(...chunk);
    else items.add(chunk);
  }

  /** Redacts the items in place. Returns the same array. */
  #redactChunk(chunk: T[]): T[] {
    const redact = this.#redact;
    if (redact === undefined) return chunk;
    let count = 0;
    for (const item of chunk) {
      try {
        chunk[count] = redact(item);
        count++;
      } catch (error) {
        this.#stats.refused++;
        diag.error(`One of the ${this.#stats.items} could not be redacted`, error);
      }
    }
    chunk.length = count;
    return chunk;
  }
}
