import { diag } from '@opentelemetry/api';
import type { Flow } from '../report/flow.ts';

/** So many items are cleaned and encoded at a time: few enough to be in the processor's cache still. */
const pieceSize = 64;

/** The part of a resource that says whether its attributes are all known. */
interface Pending {
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}

/** What can be gathered. */
export interface Item {
  readonly resource: Pending;
}

/** What encodes items as they are added. */
export interface Message<T> {
  readonly length: number;
  add(items: readonly T[]): void;
}

/** Items that leave together. */
export interface Batch<T extends Item> {
  readonly items: T[] | Message<T>;
  /** The one that came first. */
  readonly first: T;
  /** How many were gathered for it. What could not be searched for secrets is not among the items any more. */
  size: number;
}

/**
 * Gathers items until they are a batch: as a list, or encoded piece by piece for an exporter that can. They are searched
 * for secrets and encoded many at a time, which costs less than as many single ones.
 */
export class Gathering<T extends Item> {
  readonly #flow: Flow;
  readonly #maxSize: number;
  readonly #message: (() => Message<T>) | undefined;
  readonly #clean: ((item: T) => T) | undefined;
  #piece: T[] = [];
  #batch: Batch<T> | undefined;
  /** How many items make a piece now. */
  #room: number;
  #isWorking = false;

  /**
   * @param maxSize how many items a batch holds at most
   * @param message makes what the items of a batch are added to; without it they are a list
   * @param clean what is to be exported of an item. An item that it throws at is not exported, and counted as refused
   */
  constructor(
    flow: Flow,
    maxSize: number,
    message: (() => Message<T>) | undefined,
    clean: ((item: T) => T) | undefined,
  ) {
    this.#flow = flow;
    this.#maxSize = maxSize;
    this.#message = message;
    this.#clean = clean;
    this.#room = this.#roomIn(undefined);
  }

  /** Returns the batch that is complete with this item, if one is. */
  add(item: T): Batch<T> | undefined {
    return this.#piece.push(item) < this.#room ? undefined : this.#gather();
  }

  /** Returns a batch of what was gathered so far, if anything was. */
  take(): Batch<T> | undefined {
    // A getter of an item may flush.
    if (this.#isWorking) return undefined;
    const full = this.#piece.length > 0 ? this.#gather() : undefined;
    if (full !== undefined) return full;
    const batch = this.#batch;
    this.#batch = undefined;
    this.#room = this.#roomIn(undefined);
    return batch;
  }

  #gather(): Batch<T> | undefined {
    // A getter of an item may make items itself: they wait for their turn.
    if (this.#isWorking) return undefined;
    const piece = this.#piece.splice(0, this.#room);
    const batch = (this.#batch ??= { items: this.#message?.() ?? [], first: piece[0] as T, size: 0 });
    batch.size += piece.length;
    this.#isWorking = true;
    try {
      this.#addTo(batch.items, this.#cleaned(piece));
    } finally {
      this.#isWorking = false;
    }
    const isFull = batch.size >= this.#maxSize;
    if (isFull) this.#batch = undefined;
    this.#room = this.#roomIn(this.#batch);
    return isFull ? batch : undefined;
  }

  #roomIn(batch: Batch<T> | undefined): number {
    return Math.min(this.#maxSize - (batch?.size ?? 0), pieceSize);
  }

  #addTo(items: Batch<T>['items'], piece: readonly T[]): void {
    if (Array.isArray(items)) items.push(...piece);
    else items.add(piece);
  }

  /** The same array, with what is to be exported. */
  #cleaned(piece: T[]): T[] {
    const clean = this.#clean;
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
