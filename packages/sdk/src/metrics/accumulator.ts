import type { Attributes, HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** What a point can tell. */
export type PointValue = number | Histogram | ExponentialHistogram;

/** Where a cell stands in line for the next collection. */
export interface CollectionQueue {
  /** When the last collection was; undefined before the first. */
  readonly collectedAt: HrTime | undefined;
  add(cell: Accumulator): void;
}

const epoch: HrTime = [0, 0];

/** Where the measurements of one series add up. Each kind of aggregation has its own. */
export abstract class Accumulator {
  readonly attributes: Attributes;
  /** When the measurements began that stand in it. */
  startTime: HrTime = epoch;
  /** When it was collected last. */
  collectedAt: HrTime | undefined;
  /** Whether it holds measurements, and stands in the queue. */
  isQueued = false;
  readonly #queue: CollectionQueue;

  constructor(attributes: Attributes, queue: CollectionQueue) {
    this.attributes = attributes;
    this.#queue = queue;
  }

  /** Takes a measurement; `atMs` is its time if that is not now, in Unix milliseconds. */
  abstract record(value: number, atMs?: number): void;

  /** What it holds now; what is given stays as it is. */
  abstract value(): PointValue;

  /** Forgets what it holds. */
  abstract clear(): void;

  /** To be called before the first measurement after it was made or cleared. */
  protected enqueue(atMs: number = Date.now()): void {
    const { collectedAt } = this.#queue;
    const goesOn = collectedAt !== undefined && collectedAt === this.collectedAt;
    this.startTime = goesOn ? collectedAt : millisToHrTime(atMs);
    this.isQueued = true;
    this.#queue.add(this);
  }
}
