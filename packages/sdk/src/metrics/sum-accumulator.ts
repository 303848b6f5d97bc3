import type { Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { Accumulator, type CollectionQueue } from './accumulator.ts';

/** The sum of what was measured. */
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

/** How observations become a sum. */
export interface AsyncSumOptions {
  readonly isMonotonic: boolean;
  /** Whether readers want what changed since they collected. */
  readonly isDelta: boolean;
}

/** A sum that callbacks observe: each observation is the whole sum. A monotonic one that is lower than before began anew. */
export class AsyncSumAccumulator extends Accumulator {
  readonly #kind: AsyncSumOptions;
  #observed = 0;
  #change = 0;

  constructor(attributes: Attributes, queue: CollectionQueue, kind: AsyncSumOptions) {
    super(attributes, queue);
    this.#kind = kind;
  }

  record(value: number, atMs: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    const { isMonotonic, isDelta } = this.#kind;
    const observed = isMonotonic ? Math.max(value, 0) : value;
    const isReset = isMonotonic && observed < this.#observed;
    if (isReset && !isDelta) this.startTime = millisToHrTime(atMs);
    this.#change = isReset ? observed : this.#change + observed - this.#observed;
    this.#observed = observed;
  }

  value(): number {
    return this.#kind.isDelta ? this.#change : this.#observed;
  }

  clear(): void {
    this.#change = 0;
  }
}
