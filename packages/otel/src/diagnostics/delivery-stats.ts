import { warnOnce, printLine } from './notice.ts';

/** What flows out of the process: spans, log records or metric points, and what became of them. */
export class DeliveryStats {
  readonly items: string;
  /** Confirmed by an exporter. */
  delivered = 0;
  /** Given to an exporter and refused, or not deliverable at all. */
  refused = 0;
  /** Found the queue full. */
  dropped = 0;
  /** Given to an exporter that has not answered yet. */
  pending = 0;
  /** The queues they wait in. */
  readonly queues: { readonly size: number; readonly capacity: number }[] = [];
  #isReported = 0;

  /** @param items the plural, as in a message: `log records` */
  constructor(items: string) {
    this.items = items;
  }

  /**
   * Counts an item that its queue did not take, and reports the first one.
   *
   * @param capacity how many items wait in the queue; undefined when the queue is closed
   */
  drop(capacity: number | undefined): void {
    this.dropped += 1;
    if (this.dropped > 1) return;
    const reason =
      capacity === undefined ? 'the pipeline is shut down' : `${capacity} wait for export already`;
    warnOnce(
      'SONDE_QUEUE_FULL',
      this.items,
      `${this.items} are dropped: ${reason}; dropped items are reported at exit`,
    );
  }

  /** Takes items back that an exporter has but has not confirmed: they are sent another way. */
  requeue(count: number): void {
    this.pending = Math.max(0, this.pending - count);
  }

  /** How many were lost since the last call; what has no answer yet counts as lost. */
  consumeLosses(): number {
    const lost = this.refused + this.dropped;
    const since = lost - this.#isReported + this.pending;
    this.#isReported = lost;
    return since;
  }
}

/** The flows of this process. */
export const deliveryStats: Readonly<
  Record<'points' | 'spans' | 'records' | 'attributes' | 'undecided', DeliveryStats>
> = {
  points: new DeliveryStats('metric points'),
  spans: new DeliveryStats('spans'),
  records: new DeliveryStats('log records'),
  attributes: new DeliveryStats('attributes of types that cannot be exported'),
  undecided: new DeliveryStats('traces that sampling could not hold until they were decided'),
};

/** Tells what was lost since the last call, if anything was. */
export function reportLosses(): void {
  const losses = Object.values(deliveryStats)
    .map((flow) => ({ items: flow.items, count: flow.consumeLosses() }))
    .filter(({ count }) => count > 0);
  if (losses.length === 0) return;
  printLine(`sonde: not delivered: ${losses.map(({ items, count }) => `${items} ${count}`).join(', ')}`);
}
