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
      /** The receiver has the request. */
      readonly status: 'accepted';
      /** The number of items that the receiver rejected. */
      readonly rejectedCount: number;
      /** The receiver's reason or warning; empty without one. */
      readonly message: string;
    }
  | {
      /** The reason passes: the request is sent again. */
      readonly status: 'retryable';
      /** `SONDE_OTLP_CONNECTION` without an answer, `SONDE_OTLP_TIMEOUT`, or `SONDE_OTLP_REFUSED` with the status. */
      readonly error: OtlpExportError;
      /** The delay that the receiver asks for, of any length; undefined if it does not say, or says nothing valid. */
      readonly retryAfterMs?: number | undefined;
      /**
       * The credentials are refused, which passes when a token is renewed, though the specification asks for no retry: the
       * request is sent again for a limited time, and holds up its own signal alone. HTTP 401 and 403, gRPC UNAUTHENTICATED
       * and PERMISSION_DENIED.
       */
      readonly isLimited?: boolean;
    }
  | {
      /** The request exceeds the receiver's limit: it is split. HTTP 413, gRPC RESOURCE_EXHAUSTED that names a size. */
      readonly status: 'too-large';
      readonly error: OtlpExportError;
    }
  | {
      /** The request is never accepted: it is given up. */
      readonly status: 'permanent';
      readonly error: OtlpExportError;
    };

/** Options for one attempt. */
export interface AttemptOptions {
  /** Aborts the attempt: the outcome is `retryable`, and its error is the reason of the signal. */
  readonly signal: AbortSignal;
  /** The budget of the attempt until the whole answer is there, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
}

/** An answer that the thread at exit received. */
export interface ExitAnswer {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Sends the requests of one signal to one endpoint. Bytes in, outcomes out. */
export interface Transport {
  /** Scheme, host and port: transports with the same origin share one back-off. */
  readonly origin: string;
  /** Identifies the endpoint of the signal, without credentials, headers and query: `http://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /**
   * Makes one attempt. Never rejects. A failure of a reused connection that the receiver closed while it was idle is
   * retried at once, within the same attempt.
   */
  send(request: WaitingRequest, options: AttemptOptions): Promise<SendOutcome>;
  /**
   * The request as the thread sends it that runs while the process exits; undefined if that is not possible.
   * Synchronous, and not compressed: there is no time left.
   */
  exitRequest?(request: WaitingRequest): OtlpRequest | undefined;
  /** Interprets an answer to an `exitRequest`. */
  readAnswer?(answer: ExitAnswer): SendOutcome;
  /** The transport as data, with which another thread creates the same one; undefined if that is not possible. */
  toData?(): unknown;
  /** Closes idle connections. */
  close(): void;
}
