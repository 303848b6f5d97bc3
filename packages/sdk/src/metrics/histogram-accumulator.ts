import type { Attributes } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { Accumulator, type CollectionQueue } from './accumulator.ts';

/** Settings of a histogram. */
export interface HistogramOptions {
  /** Inclusive upper bounds in ascending order. */
  readonly boundaries: readonly number[];
  readonly hasMinMax: boolean;
  /** False for instruments with negative values. */
  readonly hasSum: boolean;
}

/** Counts values in buckets with explicit boundaries. */
export class HistogramAccumulator extends Accumulator {
  readonly #options: HistogramOptions;
  readonly #boundaries: readonly number[];
  #counts: number[];
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(attributes: Attributes, queue: CollectionQueue, options: HistogramOptions) {
    super(attributes, queue);
    this.#options = options;
    this.#boundaries = options.boundaries;
    this.#counts = options.boundaries.map(() => 0);
    this.#counts.push(0);
  }

  record(value: number, atMs?: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    const boundaries = this.#boundaries;
    let low = 0;
    let high = boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (boundaries[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.#counts[low]!++;
  }

  value(): Histogram {
    const { boundaries, hasMinMax, hasSum } = this.#options;
    return {
      min: hasMinMax ? this.#min : undefined,
      max: hasMinMax ? this.#max : undefined,
      sum: hasSum ? this.#sum : undefined,
      buckets: { boundaries: boundaries as number[], counts: [...this.#counts] },
      count: this.#count,
    } as Histogram;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }
}
