import type { OtlpExportError } from '../transport/export-error.ts';
import type { OtlpRequest } from '../transport/otlp-request.ts';
import type { WaitingRequest } from './waiting-request.ts';

/**
 * The outcome of one attempt to send a request.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures
 */
export type SendOutcome =
  | {
      /** The receiver accepted the request. */
      readonly status: 'accepted';
      /** The number of items that the receiver rejected. */
      readonly rejectedCount: number;
      /** The receiver's reason or warning; empty if there is none. */
      readonly message: string;
    }
  | {
      /** A transient failure: the request is retried. */
      readonly status: 'retryable';
      /** `SONDE_OTLP_CONNECTION`, `SONDE_OTLP_TIMEOUT`, or `SONDE_OTLP_REFUSED` with the status. */
      readonly error: OtlpExportError;
      /** The delay that the receiver requests, not limited; undefined if it is absent or invalid. */
      readonly retryAfterMs?: number | undefined;
      /**
       * Whether the credentials are rejected: HTTP 401 and 403, gRPC UNAUTHENTICATED and PERMISSION_DENIED. A token may be
       * renewed, so the request is retried for a limited time, although the specification does not require it.
       */
      readonly isUnauthorized?: boolean;
    }
  | {
      /** The request exceeds the receiver's limit and is split: HTTP 413, or gRPC RESOURCE_EXHAUSTED that names a size. */
      readonly status: 'too-large';
      readonly error: OtlpExportError;
    }
  | {
      /** A permanent failure: the request is dropped. */
      readonly status: 'permanent';
      readonly error: OtlpExportError;
    };

/** A transient failure. */
export type RetryableOutcome = Extract<SendOutcome, { readonly status: 'retryable' }>;

/** Options for one attempt. */
export interface AttemptOptions {
  /** Aborts the attempt. The outcome is `retryable`, and its error is the reason of the signal. */
  readonly abortSignal: AbortSignal;
  /** Maximum time until the response is complete, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
}

/** A response that was received by another thread in the 'exit' event. */
export interface ExitResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Sends the encoded requests of one signal to one endpoint. */
export interface Transport {
  /** The scheme, host and port. Transports with the same origin share one back-off. */
  readonly origin: string;
  /** The identifier of the endpoint, without credentials, headers and query: `http://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /** Makes one attempt. Retries immediately if the receiver closed a reused connection while it was idle. Never rejects. */
  send(request: WaitingRequest, options: AttemptOptions): Promise<SendOutcome>;
  /**
   * Returns the request that another thread sends in the 'exit' event; undefined if that is not possible. It is not
   * compressed, because compression would take time from the export.
   */
  exitRequest?(request: WaitingRequest): OtlpRequest | undefined;
  /** Interprets the response to an `exitRequest`. */
  readResponse?(response: ExitResponse): SendOutcome;
  /** Returns data from which another thread creates the same transport; undefined if that is not possible. */
  toData?(): unknown;
  /** Closes idle connections. */
  close(): void;
}
