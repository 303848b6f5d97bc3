// The entry of the thread that delivers; `WorkerQueue` starts it.
import { workerData } from 'node:worker_threads';
import { DeliveryThread } from './otlp/worker/delivery-thread.ts';
import type { WorkerStart } from './otlp/worker/messages.ts';

export const thread: DeliveryThread = new DeliveryThread(workerData as WorkerStart);
