import { diag } from '@opentelemetry/api';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';

/** So many items are cleaned and encoded at a time: few enough to be in the processor's cache still. */
const CHUNK_SIZE = 64;

/** The part of a resource that says whether its attributes are all known. */
interface Pending {
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}

/** What can be gathered. */
export interface Batchable {
  readonly resource: Pending;
}

/** What encodes items as they are added. */
export interface BatchEncoder<T> {
  readonly length: number;
  add(items: readonly T[]): void;
}

/** Items that leave together. */
export interface Batch<T extends Batchable> {
  readonly items: T[] | BatchEncoder<T>;
  /** The one that came first. */
  readonly first: T;
  /** How many were gathered for it. What could not be searched for secrets is not among the items any more. */
  size: number;
}

/**
 * Gathers items until they are a batch: as a list, or encoded piece by piece for an exporter that can. They are searched
 * for secrets and encoded many at a time, which costs less than as many single ones.
 */
export class Batcher<T extends Batchable> {
  readonly #flow: DeliveryStats;
  readonly #maxSize: number;
  readonly #createEncoder: (() => BatchEncoder<T>) | undefined;
  readonly #redact: ((item: T) => T) | undefined;
  #chunk: T[] = [];
  #batch: Batch<T> | undefined;
  /** How many items make a piece now. */
  #remaining: number;
  #isWorking = false;

  /**
   * @param maxSize how many items a batch holds at most
   * @param message makes what the items of a batch are added to; without it they are a list
   * @param clean what is to be exported of an item. An item that it throws at is not exported, and counted as refused
   */
  constructor(
    flow: DeliveryStats,
    maxSize: number,
    message: (() => BatchEncoder<T>) | undefined,
    clean: ((item: T) => T) | undefined,
  ) {
    this.#flow = flow;
    this.#maxSize = maxSize;
    this.#createEncoder = message;
    this.#redact = clean;
    this.#remaining = this.#remainingIn(undefined);
  }

  /** Returns the batch that is complete with this item, if one is. */
  add(item: T): Batch<T> | undefined {
    return this.#chunk.push(item) < this.#remaining ? undefined : this.#encodeChunk();
  }

  /** Returns a batch of what was gathered so far, if anything was. */
  flush(): Batch<T> | undefined {
    // A getter of an item may flush.
    if (this.#isWorking) return undefined;
    const full = this.#chunk.length > 0 ? this.#encodeChunk() : undefined;
    if (full !== undefined) return full;
    const batch = this.#batch;
    this.#batch = undefined;
    this.#remaining = this.#remainingIn(undefined);
    return batch;
  }

  #encodeChunk(): Batch<T> | undefined {
    // A getter of an item may make items itself: they wait for their turn.
    if (this.#isWorking) return undefined;
    const piece = this.#chunk.splice(0, this.#remaining);
    const batch = (this.#batch ??= { items: this.#createEncoder?.() ?? [], first: piece[0] as T, size: 0 });
    batch.size += piece.length;
    this.#isWorking = true;
    try {
      this.#addTo(batch.items, this.#redactChunk(piece));
    } finally {
      this.#isWorking = false;
    }
    const isFull = batch.size >= this.#maxSize;
    if (isFull) this.#batch = undefined;
    this.#remaining = this.#remainingIn(this.#batch);
    return isFull ? batch : undefined;
  }

  #remainingIn(batch: Batch<T> | undefined): number {
    return Math.min(this.#maxSize - (batch?.size ?? 0), CHUNK_SIZE);
  }

  #addTo(items: Batch<T>['items'], piece: readonly T[]): void {
    if (Array.isArray(items)) items.push(...piece);
    else items.add(piece);
  }

  /** The same array, with what is to be exported. */
  #redactChunk(piece: T[]): T[] {
    const clean = this.#redact;
    if (clean === undefined) return piece;
    let count = 0;
    for (const item of piece) {
      try {
        piece[count] = clean(item);
        count++;
      } catch (error) {
        this.#flow.refused++;
        diag.error(`One of the ${this.#flow.items} could not be searched for secrets`, error);
      }
    }
    piece.length = count;
    return piece;
  }
}
