import type { Attributes, HrTime } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** The value of a data point. */
export type PointValue = number | Histogram | ExponentialHistogram;

/** The accumulators with measurements for the next collection. */
export interface CollectionQueue {
  /** The start of the current interval, if new accumulators start with it and not with their first measurement. */
  readonly intervalStart: HrTime | undefined;
  add(accumulator: Accumulator): void;
}

const epoch: HrTime = [0, 0];

/** Accumulates the measurements of one series. Each aggregation has its own subclass. */
export abstract class Accumulator {
  readonly attributes: Attributes;
  /** The start of the interval of the measurements. */
  startTime: HrTime = epoch;
  /** The collection whose callbacks observed it last. */
  observedIn = 0;
  /** Whether it holds measurements and is in the queue. */
  isQueued = false;
  readonly #queue: CollectionQueue;

  constructor(attributes: Attributes, queue: CollectionQueue) {
    this.attributes = attributes;
    this.#queue = queue;
  }

  /** Records a measurement. @param atMs its time in Unix milliseconds. @default now */
  abstract record(value: number, atMs?: number): void;

  /** Returns a snapshot of the value. */
  abstract value(): PointValue;

  /** Resets the value. */
  abstract clear(): void;

  /** Begins a new interval. */
  protected restart(atMs: number): void {
    this.startTime = this.#queue.intervalStart ?? millisToHrTime(atMs);
  }

  /** Called before the first measurement, and before the first one after `clear`. */
  protected enqueue(atMs: number = Date.now()): void {
    this.restart(atMs);
    this.isQueued = true;
    this.#queue.add(this);
  }
}
