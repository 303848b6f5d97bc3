import { DeliveryQueue } from '../queue/delivery-queue.ts';
import { Spool } from '../spool/spool.ts';
import type { WorkerQueueOptions } from './worker-queue-options.ts';

/** Creates the queue for the requests that the main thread sends. */
export function createMainThreadQueue(options: WorkerQueueOptions): DeliveryQueue {
  const { maxBytes, maxConcurrency, maxAgeMs, spool, onReplayed, onDrop, onNotice } = options;
  return new DeliveryQueue({
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    maxAgeMs,
    spool: spool && new Spool({ ...spool, onNotice, ...(onDrop && { onDrop }) }),
    ...(onReplayed && { onReplayed }),
  });
}
