import { suppressed } from '@sonde/sdk';
import type { Delivery } from './delivery.ts';
import type { RequestSpool } from './request-spool.ts';

/** Minimum limit of the bytes that are being written to disk: a small queue must not prevent writes. */
const minPersistingBytes = 8 * 1024 * 1024;

/** Writes copies of the requests in the queue to the spool. */
export class SpoolCopies {
  readonly #spool: RequestSpool | undefined;
  /** Limits memory while the disk is slower than the application. */
  readonly #limitBytes: number;
  /** The size of the requests that are being written. */
  #persistingBytes = 0;

  constructor(spool: RequestSpool | undefined, maxQueueBytes: number) {
    this.#spool = spool;
    this.#limitBytes = Math.max(maxQueueBytes, minPersistingBytes);
  }

  /** Begins to write a copy. @param onPersisted called when the write has ended */
  keep(delivery: Delivery, onPersisted: () => void): void {
    const spool = this.#spool;
    const { sizeBytes } = delivery;
    if (spool === undefined || this.#persistingBytes + sizeBytes > this.#limitBytes) return;
    const appended = suppressed(() => spool.append(delivery.request));
    delivery.isPersisting = true;
    this.#persistingBytes += sizeBytes;
    delivery.persisted = appended.then((spooled) => {
      delivery.isPersisting = false;
      this.#persistingBytes -= sizeBytes;
      if (delivery.isSettled) void spooled?.ack();
      else delivery.spooled = spooled;
      onPersisted();
    });
  }

  /** Whether there is a spool, and all of these requests have a copy in it. */
  hasAll(deliveries: readonly Delivery[]): boolean {
    return this.#spool !== undefined && deliveries.every(({ whole }) => whole.spooled !== undefined);
  }
}
