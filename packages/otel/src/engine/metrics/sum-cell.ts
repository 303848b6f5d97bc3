import type { Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { Cell, type CellQueue } from './cell.ts';

/** The sum of what was measured. */
export class SumCell extends Cell {
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
export interface ObservedSumKind {
  readonly isMonotonic: boolean;
  /** Whether readers want what changed since they collected. */
  readonly isDelta: boolean;
}

/** A sum that callbacks observe: each observation is the whole sum. A monotonic one that is lower than before began anew. */
export class ObservedSumCell extends Cell {
  readonly #kind: ObservedSumKind;
  #observed = 0;
  #change = 0;

  constructor(attributes: Attributes, queue: CellQueue, kind: ObservedSumKind) {
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
