import type { Attributes } from '@opentelemetry/api';
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { Accumulator, type CollectionQueue } from './accumulator.ts';
import { ExponentialBuckets } from './exponential-buckets.ts';
import { bucketIndex } from './exponential-scale.ts';

/** Settings of an exponential histogram. */
export interface ExponentialHistogramOptions {
  /** The maximum number of buckets in each of the positive and negative ranges. */
  readonly maxSize: number;
  readonly hasMinMax: boolean;
  /** False for instruments with negative values. */
  readonly hasSum: boolean;
}

const maxScale = 20;

/**
 * Counts values in buckets that grow by a constant factor. Reduces the scale when the buckets exceed their number.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation
 */
export class ExponentialHistogramAccumulator extends Accumulator {
  readonly #options: ExponentialHistogramOptions;
  readonly #positive = new ExponentialBuckets();
  readonly #negative = new ExponentialBuckets();
  #scale = maxScale;
  #count = 0;
  #zeroCount = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(attributes: Attributes, queue: CollectionQueue, options: ExponentialHistogramOptions) {
    super(attributes, queue);
    this.#options = options;
  }

  record(value: number, atMs?: number): void {
    if (!this.isQueued) this.enqueue(atMs);
    this.#count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) {
      this.#zeroCount++;
      return;
    }
    this.#sum += value;
    const magnitude = Math.abs(value);
    const buckets = value > 0 ? this.#positive : this.#negative;
    let index = bucketIndex(magnitude, this.#scale);
    const change = this.#scaleReduction(buckets.rangeWith(index));
    if (change > 0) {
      this.#positive.downscale(change);
      this.#negative.downscale(change);
      this.#scale -= change;
      index = bucketIndex(magnitude, this.#scale);
    }
    buckets.increment(index);
  }

  value(): ExponentialHistogram {
    const { hasMinMax, hasSum } = this.#options;
    return {
      min: hasMinMax ? this.#min : undefined,
      max: hasMinMax ? this.#max : undefined,
      sum: hasSum ? this.#sum : undefined,
      positive: { offset: this.#positive.offset, bucketCounts: [...this.#positive.counts] },
      negative: { offset: this.#negative.offset, bucketCounts: [...this.#negative.counts] },
      count: this.#count,
      scale: this.#count === this.#zeroCount ? 0 : this.#scale,
      zeroCount: this.#zeroCount,
    } as ExponentialHistogram;
  }

  clear(): void {
    this.#positive.clear();
    this.#negative.clear();
    this.#scale = maxScale;
    this.#count = 0;
    this.#zeroCount = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }

  /** Returns the scale reduction that keeps the buckets within their maximum number. */
  #scaleReduction([first, last]: [first: number, last: number]): number {
    let change = 0;
    while ((last >> change) - (first >> change) >= this.#options.maxSize) change++;
    return change;
  }
}
