import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import type { FullText } from './schema.ts';
import type { Change, Evicted, StoreUsage } from './usage.ts';

/** Worker data of the two worker threads. */
export interface WorkerSettings {
  readonly path: string;
  readonly isTemporary: boolean;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly fullText: FullText;
}

/** A request to the writer. */
export type WriterRequest =
  | {
      readonly type: 'ingest';
      readonly signal: Signal;
      readonly encoding: Encoding;
      readonly body: Uint8Array;
    }
  | { readonly type: 'flush' | 'clear' | 'pause' | 'resume' | 'usage' | 'close' };

/** A request to the reader: a query by name. */
export interface ReaderRequest {
  readonly type: 'query';
  readonly name: string;
  readonly parameters: unknown;
}

/** A request on its way to a worker. */
export type Numbered<Request> = Request & { readonly id: number };

/** An answer of a worker. */
export interface Answer {
  readonly type: 'answer';
  readonly id: number;
  readonly value?: unknown;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly position?: number;
    readonly status?: number;
  };
}

/** Notifications that the writer sends without a request. */
export type WriterEvent =
  | { readonly type: 'ready'; readonly fullText: FullText; readonly usage: StoreUsage }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'evicted'; readonly evicted: Evicted; readonly usage: StoreUsage };
