import { Accumulator } from './accumulator.ts';

/** What was measured last. */
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
