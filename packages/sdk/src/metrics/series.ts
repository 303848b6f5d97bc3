import type { Attributes } from '@opentelemetry/api';

import type { Accumulator } from './accumulator.ts';
import { MeasuredSeries } from './measured-series.ts';

/** One series of a metric, with an accumulator for each storage. */
export class Series extends MeasuredSeries {
  /** Whether a measurement was recorded since the last `isExpired`. */
  isUsed = true;
  /** The collection whose callbacks observed it last. */
  observedIn = 0;
  /** The time of the last `isExpired` that found it used, in milliseconds of the monotonic clock. */
  usedMs = 0;
  readonly #accumulator: Accumulator | undefined;
  readonly #otherAccumulators: readonly Accumulator[] | undefined;

  constructor(attributes: Attributes, accumulators: readonly Accumulator[]) {
    super(attributes);
    this.#accumulator = accumulators[0];
    this.#otherAccumulators = accumulators.length > 1 ? accumulators.slice(1) : undefined;
  }

  record(value: number, atMs?: number): void {
    this.isUsed = true;
    this.#accumulator?.record(value, atMs);
    if (this.#otherAccumulators !== undefined)
      for (const accumulator of this.#otherAccumulators) accumulator.record(value, atMs);
  }

  /** Records what a callback observed in a collection. */
  observe(value: number, atMs: number, collection: number): void {
    this.record(value, atMs);
    // Collections of several readers overlap.
    this.observedIn = Math.max(this.observedIn, collection);
    for (const accumulator of [this.#accumulator, ...(this.#otherAccumulators ?? [])]) {
      if (accumulator !== undefined) accumulator.observedIn = this.observedIn;
    }
  }

  /** Whether the series was unused for `expireAfterMs`. Called at each collection. */
  isExpired(nowMs: number, expireAfterMs: number): boolean {
    if (this.isUsed) {
      this.isUsed = false;
      this.usedMs = nowMs;
    }
    return nowMs - this.usedMs >= expireAfterMs;
  }
}
