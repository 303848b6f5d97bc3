import type { NoticeListener } from '@sonde/sdk';
import type { DeliveryResult } from '../queue/delivery-result.ts';
import type { OtlpSignal } from '../signal.ts';
import type { SpoolDrop } from '../spool/spool-options.ts';
import type { SpoolData } from './messages.ts';

/** Options of a `WorkerQueue`. */
export interface WorkerQueueOptions {
  /** Maximum size of the requests of all signals, in bytes. @default 67108864, 64 MiB */
  readonly maxBytes?: number;
  /** Maximum number of requests in flight to one receiver. @default 4 */
  readonly maxConcurrency?: number;
  /** Maximum time a request waits, in milliseconds. @default unlimited */
  readonly maxAgeMs?: number | undefined;
  /** Keeps requests on disk until they are delivered. @default none */
  readonly spool?: SpoolData | undefined;
  /** The environment variables of the thread. @default empty */
  readonly environment?: Readonly<Record<string, string>>;
  /** Receives the results of requests that this process or an earlier one left in the spool. */
  readonly onReplayed?: (signal: OtlpSignal, result: DeliveryResult) => void;
  /** Receives the items that are dropped from the disk. */
  readonly onDrop?: (drop: SpoolDrop) => void;
  /** Receives notices from the spool and the thread. */
  readonly onNotice: NoticeListener;
}
