import type { MessagePort } from 'node:worker_threads';
import type { Notice } from '@sonde/sdk';
import { OtlpExportError, type OtlpErrorCode } from '../transport/export-error.ts';
import type { DeliveryResult } from '../queue/delivery-result.ts';
import type { OtlpSignal } from '../signal.ts';
import type { SpoolDrop } from '../spool/spool-options.ts';
import type { ConnectionSettings } from './connection-settings.ts';

/** The options of a lane, as data. */
export interface LaneData {
  readonly signal: OtlpSignal;
  /** A `TransportData`. */
  readonly transport: unknown;
  readonly timeoutMs: number;
  readonly maxRequestBytes: number;
}

/** The options of a spool that can be cloned. */
export interface SpoolData {
  readonly directory: string;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

/** The `workerData` of the thread. */
export interface WorkerStart {
  readonly port: MessagePort;
  /** The words of a `ThreadStatus`. */
  readonly status: Int32Array;
  readonly queue: { readonly maxBytes: number; readonly maxConcurrency?: number; readonly maxAgeMs?: number };
  readonly spool: SpoolData | undefined;
  readonly connection: ConnectionSettings;
}

/** A message to the thread. `id` identifies a request, a flush or a close in the reply. */
export type ToWorker =
  | { readonly type: 'lane'; readonly lane: number; readonly data: LaneData }
  | {
      readonly type: 'add';
      readonly lane: number;
      readonly id: number;
      readonly body: Uint8Array;
      readonly itemCount: number;
      readonly isSnapshot: boolean;
    }
  | { readonly type: 'flush' | 'close'; readonly lane: number; readonly id: number }
  | { readonly type: 'abort'; readonly lane: number | undefined }
  | { readonly type: 'beginExit' | 'finish'; readonly budgetMs: number }
  | { readonly type: 'cancelExit' | 'endFlushes' };

/** A message from the thread. */
export type FromWorker =
  | { readonly type: 'settled'; readonly id: number; readonly result: ResultData }
  /** A request that a failing thread gives back. */
  | { readonly type: 'returned'; readonly id: number; readonly body: Uint8Array }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'done'; readonly id: number }
  /** `lane` is undefined for a notice from the spool. */
  | { readonly type: 'notice'; readonly lane: number | undefined; readonly notice: Notice }
  | { readonly type: 'replayed'; readonly signal: OtlpSignal; readonly result: ResultData }
  | { readonly type: 'dropped'; readonly drop: SpoolDrop };

/** A result as data, because structured cloning does not preserve the class of an error. */
export interface ResultData extends Omit<DeliveryResult, 'error'> {
  readonly error:
    | { readonly code: OtlpErrorCode; readonly message: string; readonly statusCode: number | undefined }
    | undefined;
}

export function toResultData({ error, ...result }: DeliveryResult): ResultData {
  const { code, message, statusCode } = error ?? {};
  return {
    ...result,
    error: code === undefined ? undefined : { code, message: message ?? '', statusCode },
  };
}

export function fromResultData({ error, ...result }: ResultData): DeliveryResult {
  return {
    ...result,
    error: error && new OtlpExportError(error.code, error.message, { statusCode: error.statusCode }),
  };
}
