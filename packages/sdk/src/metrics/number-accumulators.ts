import type { Attributes } from '@opentelemetry/api';
import { Accumulator, type CollectionQueue } from './accumulator.ts';

/** Adds up measurements. */
export class SumAccumulator extends Accumulator {
  #sum = 0;

  record(value: number, atMs?: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    this.#sum += value;
  }

  value(): number {
    return this.#sum;
  }

  clear(): void {
    this.#sum = 0;
  }
}

/** Settings of an asynchronous sum. */
export interface AsyncSumOptions {
  readonly isMonotonic: boolean;
  /** Whether the reader collects changes since its last collection. */
  readonly isDelta: boolean;
}

/** The sum of an observable instrument: each observation is the total. A decrease of a monotonic sum is a reset. */
export class AsyncSumAccumulator extends Accumulator {
  readonly #options: AsyncSumOptions;
  #observed = 0;
  #change = 0;

  constructor(attributes: Attributes, queue: CollectionQueue, options: AsyncSumOptions) {
    super(attributes, queue);
    this.#options = options;
  }

  record(value: number, atMs: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    const { isMonotonic, isDelta } = this.#options;
    const observed = isMonotonic ? Math.max(value, 0) : value;
    const isReset = isMonotonic && observed < this.#observed;
    if (isReset && !isDelta) this.restart(atMs);
    this.#change = isReset ? observed : this.#change + observed - this.#observed;
    this.#observed = observed;
  }

  value(): number {
    return this.#options.isDelta ? this.#change : this.#observed;
  }

  clear(): void {
    this.#change = 0;
  }
}

/** Keeps the last measurement. */
export class LastValueAccumulator extends Accumulator {
  #last = 0;

  record(value: number, atMs?: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    this.#last = value;
  }

  value(): number {
    return this.#last;
  }

  clear(): void {
    this.#last = 0;
  }
}
