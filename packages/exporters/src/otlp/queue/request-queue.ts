import type { NoticeBoard } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import type { OtlpRequest } from '../transport/otlp-request.ts';
import type { DeliveryResult } from './delivery-result.ts';
import type { RequestSpool } from './request-spool.ts';
import type { ExitAnswer, Transport } from './transport.ts';

/** The bounds of a `DeliveryQueue`. */
export interface DeliveryQueueOptions {
  /** The bytes that requests of all signals may occupy. @default 67108864, 64 MiB */
  readonly maxBytes?: number;
  /** Requests in flight to one receiver at a time. @default 4 */
  readonly maxConcurrency?: number;
  /** How long a request may wait, in milliseconds. @default unlimited: only `maxBytes` bounds the queue */
  readonly maxAgeMs?: number | undefined;
  /** Keeps requests on disk until they are delivered. @default none */
  readonly spool?: RequestSpool | undefined;
  /** Receives the results of requests that an earlier process, or this one, left in the spool. */
  readonly onReplayed?: (signal: OtlpSignal, result: DeliveryResult) => void;
}

/** Options of a lane: the requests of one exporter. */
export interface LaneOptions {
  readonly signal: OtlpSignal;
  readonly transport: Transport;
  /** The budget of one attempt, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
  /** Larger requests are split, down to one item. */
  readonly maxRequestBytes: number;
  /** Lets the process exit while requests wait. Otherwise they keep it alive for `timeoutMs`. */
  readonly unref: boolean;
  readonly notices: NoticeBoard;
}

/** Options of one request. */
export interface AddOptions {
  /** The request holds the latest value of each of its series: it replaces an earlier snapshot that still waits. */
  readonly isSnapshot?: boolean;
}

/** A request that is left in the 'exit' event. */
export interface ExitRequest {
  /** Undefined if it cannot be sent synchronously, or if the receiver has just failed. */
  readonly request: OtlpRequest | undefined;
  /** Reports the outcome: the receiver's answer, the error, or neither if the time was over. */
  settle(answer: ExitAnswer | undefined, error?: Error): void;
}

/** A queue in which requests wait for delivery: a `DeliveryQueue` or a `WorkerQueue`. */
export interface RequestQueue {
  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane;
}

/** @internal */
export interface DeliveryLane {
  /** Adds an encoded request. `onSettled` receives the outcome, once. */
  add(
    body: Uint8Array,
    itemCount: number,
    onSettled: (result: DeliveryResult) => void,
    options?: AddOptions,
  ): void;
  /** Resolves when everything that was added before is settled, or when the queue no longer waits for it. */
  flush(): Promise<void>;
  /** Sends what is left within the timeout, gives up the rest, and accepts nothing more. */
  close(): Promise<void>;
  /** Aborts the attempts that are under way; the requests stay for the next flush. */
  abort(): void;
}
