import { diag } from '@opentelemetry/api';
import { errorDetails, type DropCounter } from '@sonde/sdk';
import { printLine, warnOnce } from './notice.ts';

/** The reasons for failed exports that are counted apart, as values of `error.type`. */
export const errorTypes = ['queue_full', 'rejected', 'timeout'] as const;

/** A reason for failed exports. */
export type ErrorType = (typeof errorTypes)[number];

/** Counts the spans, log records or metric points that leave the process, by outcome. */
export class DeliveryStats {
  /** The plural, as in a message: `log records`. */
  readonly items: string;
  readonly #item: string;
  /** Confirmed by an exporter. */
  delivered = 0;
  /** Rejected by the receiver, failed to export, or impossible to export. */
  refused = 0;
  /** Those of `refused` with a reason of their own. */
  readonly refusedByType: Record<ErrorType, number> = { queue_full: 0, rejected: 0, timeout: 0 };
  /** Recorded while the queue was full or closed. */
  dropped = 0;
  /** Handed to an exporter that has not answered yet. */
  pending = 0;
  /** The queues that hold items before their export. */
  readonly queues: Set<{ readonly size: number; readonly capacity: number }> = new Set();
  #reported = 0;

  /** @param item the singular, as in a message: `log record` */
  constructor(item: string, items: string = `${item}s`) {
    this.#item = item;
    this.items = items;
  }

  /**
   * Counts an item that its queue did not accept, and warns about the first one.
   *
   * @param capacity how many items wait in the full queue; undefined when the queue is closed
   */
  drop(capacity: number | undefined): void {
    this.dropped += 1;
    if (this.dropped > 1) return;
    const reason =
      capacity === undefined ? 'the pipeline is shut down' : `export queue full (${capacity} ${this.items})`;
    const message = `${reason}: dropping ${this.items}; the total is reported at exit`;
    warnOnce('SONDE_QUEUE_FULL', this.items, message);
  }

  /** Counts items that were not exported. */
  refuse(count: number, errorType?: ErrorType): void {
    this.refused += count;
    if (errorType !== undefined) this.refusedByType[errorType] += count;
  }

  /** Subtracts items that an exporter received and did not confirm: their outcome is counted elsewhere. */
  requeue(count: number): void {
    this.pending = Math.max(0, this.pending - count);
  }

  /** How many items were not exported since the last call, those without an answer included. */
  consumeLosses(): number {
    const total = this.refused + this.dropped;
    const since = total - this.#reported + this.pending;
    this.#reported = total;
    return since;
  }

  /** A number of items, as in a message: `12 spans`. */
  format(count: number): string {
    return `${count} ${count === 1 ? this.#item : this.items}`;
  }
}

/** The statistics of this process, over all its pipelines. */
export const deliveryStats: Readonly<
  Record<'points' | 'spans' | 'records' | 'attributes' | 'undecided', DeliveryStats>
> = {
  points: new DeliveryStats('metric point'),
  spans: new DeliveryStats('span'),
  records: new DeliveryStats('log record'),
  attributes: new DeliveryStats('attribute of an unsupported type', 'attributes of unsupported types'),
  undecided: new DeliveryStats(
    'trace evicted before its sampling decision',
    'traces evicted before their sampling decision',
  ),
};

/** Prints how many items were not exported since the last call, if there are any. */
export function reportLosses(): void {
  const losses = Object.values(deliveryStats)
    .map((stats) => ({ stats, count: stats.consumeLosses() }))
    .filter(({ count }) => count > 0);
  if (losses.length === 0) return;
  printLine(`sonde: not exported: ${losses.map(({ stats, count }) => stats.format(count)).join(', ')}`);
}

/** Creates a counter of data that a provider cannot record. */
export function createDropCounter(stats: DeliveryStats): DropCounter {
  return {
    countItem(error) {
      stats.refused++;
      diag.error(`Failed to record one of the ${stats.items}: ${errorDetails(error)}`);
    },
    countAttributes(count) {
      deliveryStats.attributes.refused += count;
      const expected = 'expected strings, numbers, booleans, and arrays and plain objects of them';
      const message = `dropping attributes of ${stats.items}: ${expected}; the total is reported at exit`;
      warnOnce('SONDE_ATTRIBUTE_DROPPED', stats.items, message);
    },
  };
}
