import type { Attributes, HrTime } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { Aggregation } from './aggregation.ts';
import type { Accumulator, CollectionQueue } from './accumulator.ts';
import type { Descriptor } from './descriptor.ts';

const overflowKey = 'otel.metric.overflow';

/** How a reader wants the points of a metric. */
export interface StorageOptions {
  readonly aggregation: Aggregation;
  readonly isDelta: boolean;
  /** The most cells, the one for the overflow included. */
  readonly cardinalityLimit: number;
}

/**
 * The cells of one metric that readers of one kind collect, in the order in which something was measured. What is
 * cumulative stays; what is delta is taken out by the one reader that collects it.
 */
export class MetricStorage implements CollectionQueue {
  readonly #options: StorageOptions;
  #queue: Accumulator[] = [];
  readonly #accumulators = new Map<Attributes, Accumulator>();
  #overflow: Accumulator | undefined;
  collectedAt: HrTime | undefined;

  constructor(kind: StorageOptions) {
    this.#options = kind;
  }

  /** The cell of a new series; beyond the limit all series share one. */
  getAccumulator(attributes: Attributes): Accumulator {
    if (Object.hasOwn(attributes, overflowKey)) return (this.#overflow ??= this.#newAccumulator(attributes));
    if (this.#accumulators.size >= this.#options.cardinalityLimit - 1) {
      return (this.#overflow ??= this.#newAccumulator(Object.freeze({ [overflowKey]: true })));
    }
    const cell = this.#newAccumulator(attributes);
    this.#accumulators.set(attributes, cell);
    return cell;
  }

  add(cell: Accumulator): void {
    this.#queue.push(cell);
  }

  /** Takes cells out whose series is no more. What they hold that was not collected yet still is. */
  forget(attributes: ReadonlySet<Attributes>): void {
    for (const each of attributes) this.#accumulators.delete(each);
    if (this.#overflow !== undefined && attributes.has(this.#overflow.attributes)) this.#overflow = undefined;
    if (!this.#options.isDelta) this.#queue = this.#queue.filter((cell) => !attributes.has(cell.attributes));
  }

  /** Undefined when there is nothing to tell. */
  collect(descriptor: Descriptor, endTime: HrTime): MetricData | undefined {
    const cells = this.#queue;
    const { aggregation, isDelta } = this.#options;
    const points = cells.map((cell) => ({
      attributes: cell.attributes,
      startTime: cell.startTime,
      endTime,
      value: cell.value(),
    }));
    if (isDelta) {
      for (const cell of cells) {
        cell.clear();
        cell.isQueued = false;
        cell.collectedAt = endTime;
      }
      this.#queue = [];
    }
    this.collectedAt = endTime;
    return points.length === 0 ? undefined : aggregation.newMetric(descriptor, points);
  }

  #newAccumulator(attributes: Attributes): Accumulator {
    return this.#options.aggregation.newAccumulator(attributes, this);
  }
}
