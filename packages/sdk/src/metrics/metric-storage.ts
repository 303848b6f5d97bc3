import type { Attributes, HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';
import type { Aggregation } from './aggregation.ts';
import type { Accumulator, CollectionQueue, PointValue } from './accumulator.ts';
import type { Descriptor } from './descriptor.ts';

const overflowKey = 'otel.metric.overflow';
const pointsBetweenPauses = 256;

/** Settings of a storage. */
export interface StorageOptions {
  readonly aggregation: Aggregation;
  readonly isDelta: boolean;
  /** Whether callbacks observe the values. */
  readonly isObserved: boolean;
  /** Whether a collection contains only the series that its callbacks observed: true for cumulative asynchronous instruments. */
  readonly dropsUnobserved: boolean;
  /** The maximum number of accumulators, including that of the overflow series. */
  readonly cardinalityLimit: number;
}

/**
 * The accumulators of one metric, for all readers with the same cumulative settings or for one delta reader. Data points
 * are in the order of their first measurement.
 */
export class MetricStorage implements CollectionQueue {
  readonly #options: StorageOptions;
  #queue: Accumulator[] = [];
  readonly #accumulators = new Map<Attributes, Accumulator>();
  #overflow: Accumulator | undefined;
  /** The time of the last collection, or of the creation. */
  #collectedAt: HrTime = millisToHrTime(Date.now());
  #lastCollection = 0;

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  /** Delta points start where the last ones ended; observed totals since the last collection without them. */
  get intervalStart(): HrTime | undefined {
    const { isDelta, isObserved } = this.#options;
    return isDelta || isObserved ? this.#collectedAt : undefined;
  }

  get dropsUnobserved(): boolean {
    return this.#options.dropsUnobserved;
  }

  /** Returns the accumulator of a new series; all series above the limit share the overflow accumulator. */
  getAccumulator(attributes: Attributes): Accumulator {
    if (Object.hasOwn(attributes, overflowKey)) return (this.#overflow ??= this.#newAccumulator(attributes));
    if (this.#accumulators.size >= this.#options.cardinalityLimit - 1) {
      return (this.#overflow ??= this.#newAccumulator(Object.freeze({ [overflowKey]: true })));
    }
    const accumulator = this.#newAccumulator(attributes);
    this.#accumulators.set(attributes, accumulator);
    return accumulator;
  }

  add(accumulator: Accumulator): void {
    this.#queue.push(accumulator);
  }

  /** Removes the accumulators of expired series. A delta reader still collects their pending measurements. */
  forget(attributes: ReadonlySet<Attributes>): void {
    for (const each of attributes) this.#accumulators.delete(each);
    if (this.#overflow !== undefined && attributes.has(this.#overflow.attributes)) this.#overflow = undefined;
    if (!this.#options.isDelta)
      this.#queue = this.#queue.filter((accumulator) => !attributes.has(accumulator.attributes));
  }

  /**
   * Collects the data points. Returns undefined if there are none. Yields regularly to allow a pause, unless the points are deltas:
   * those that a process collected before it exits in a pause would be lost.
   *
   * @param collection the number of the collection whose callbacks have run; the last one if undefined
   */
  *collect(
    descriptor: Descriptor,
    endTime: HrTime,
    collection: number = this.#lastCollection,
  ): Generator<undefined, MetricData | undefined> {
    this.#lastCollection = collection;
    const { aggregation, isDelta, dropsUnobserved } = this.#options;
    const accumulators = dropsUnobserved
      ? this.#queue.filter(({ observedIn }) => observedIn >= collection)
      : this.#queue;
    // New series join the queue during a pause: they belong to the next collection.
    const { length } = accumulators;
    const points: DataPoint<PointValue>[] = [];
    for (let index = 0; index < length; index++) {
      if (!isDelta && index % pointsBetweenPauses === pointsBetweenPauses - 1) yield;
      const accumulator = accumulators[index]!;
      const { attributes, startTime } = accumulator;
      points.push({ attributes, startTime, endTime, value: accumulator.value() });
    }
    if (isDelta) {
      for (const accumulator of accumulators) {
        accumulator.clear();
        accumulator.isQueued = false;
      }
      this.#queue = [];
    }
    this.#collectedAt = endTime;
    return points.length === 0 ? undefined : aggregation.newMetric(descriptor, points);
  }

  #newAccumulator(attributes: Attributes): Accumulator {
    return this.#options.aggregation.newAccumulator(attributes, this);
  }
}
