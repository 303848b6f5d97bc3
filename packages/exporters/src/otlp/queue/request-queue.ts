import type { NoticeBoard } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import type { OtlpRequest } from '../transport/otlp-request.ts';
import type { DeliveryResult } from './delivery-result.ts';
import type { RequestSpool } from './request-spool.ts';
import type { ExitResponse, Transport } from './transport.ts';

/** Options of a `DeliveryQueue`. */
export interface DeliveryQueueOptions {
  /** Maximum size of the requests of all signals, in bytes. @default 67108864, 64 MiB */
  readonly maxBytes?: number;
  /** Maximum number of requests in flight to one receiver. @default 4 */
  readonly maxConcurrency?: number;
  /** Maximum time a request waits, in milliseconds. @default unlimited: only `maxBytes` bounds the queue */
  readonly maxAgeMs?: number | undefined;
  /** Keeps requests on disk until they are delivered. @default none */
  readonly spool?: RequestSpool | undefined;
  /** Receives the results of requests that this process or an earlier one left in the spool. */
  readonly onReplayed?: (signal: OtlpSignal, result: DeliveryResult) => void;
}

/** Options of a lane, which holds the requests of one exporter. */
export interface LaneOptions {
  readonly signal: OtlpSignal;
  readonly transport: Transport;
  /** Maximum time of one attempt, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
  /** Maximum size of a request, in bytes. Larger requests are split, down to one item. */
  readonly maxRequestBytes: number;
  /** Whether the process can exit while requests wait. Otherwise they keep it alive for `timeoutMs`. */
  readonly unref: boolean;
  readonly notices: NoticeBoard;
}

/** Options of one request. */
export interface AddOptions {
  /** Whether the request holds the latest value of each of its series, and so supersedes a waiting snapshot. */
  readonly isSnapshot?: boolean;
}

/** A request that is not settled in the 'exit' event. */
export interface ExitRequest {
  /** Undefined if it cannot be sent synchronously, or if the receiver has just failed. */
  readonly request: OtlpRequest | undefined;
  /** Reports the outcome: the response, the error, or neither if the timeout expired. */
  settle(response: ExitResponse | undefined, error?: Error): void;
}

/** A queue in which requests wait for delivery: a `DeliveryQueue` or a `WorkerQueue`. */
export interface RequestQueue {
  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane;
}

/** @internal */
export interface DeliveryLane {
  /** Adds an encoded request. `onSettled` is called once, with the outcome. */
  add(
    body: Uint8Array,
    itemCount: number,
    onSettled: (result: DeliveryResult) => void,
    options?: AddOptions,
  ): void;
  /** Resolves when all earlier requests are settled, or when the queue no longer waits for them. */
  flush(): Promise<void>;
  /** Sends the remaining requests within the timeout, drops the rest, and accepts no more requests. */
  close(): Promise<void>;
  /** Aborts the attempts in flight. The requests remain queued until the next flush. */
  abort(): void;
}
