import type { Attributes } from '@opentelemetry/api';
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { Accumulator, type CollectionQueue } from './accumulator.ts';
import { ExponentialBuckets } from './exponential-buckets.ts';
import { bucketIndex } from './exponential-scale.ts';

/** What an exponential histogram is made of. */
export interface ExponentialHistogramOptions {
  /** The most buckets of positive values, and of negative ones. */
  readonly maxSize: number;
  readonly hasMinMax: boolean;
  /** False for instruments that take negative values. */
  readonly hasSum: boolean;
}

const maxScale = 20;

/**
 * How many values fell into buckets that grow by a constant factor, as fine as fits.
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

  constructor(attributes: Attributes, queue: CollectionQueue, kind: ExponentialHistogramOptions) {
    super(attributes, queue);
    this.#options = kind;
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
    const size = Math.abs(value);
    const buckets = value > 0 ? this.#positive : this.#negative;
    let index = bucketIndex(size, this.#scale);
    const change = this.#scaleReduction(buckets.rangeWith(index));
    if (change > 0) {
      this.#positive.downscale(change);
      this.#negative.downscale(change);
      this.#scale -= change;
      index = bucketIndex(size, this.#scale);
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

  /** By how much the scale must go down for the buckets to be few enough. */
  #scaleReduction([first, last]: [first: number, last: number]): number {
    let change = 0;
    while ((last >> change) - (first >> change) >= this.#options.maxSize) change++;
    return change;
  }
}
