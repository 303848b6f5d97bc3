import { OtlpExportError } from '../transport/export-error.ts';
import type { SendOutcome } from './transport.ts';

/** Creates the error of a request that is dropped although the receiver has not failed. */
export function abortedError(message: string): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_ABORTED', message);
}

/** Creates the error of a request for which the queue has no room. */
export function queueFullError(maxBytes: number, cause: OtlpExportError | undefined): OtlpExportError {
  const reason = cause === undefined ? '' : `; last attempt: ${cause.message}`;
  const message = `export queue full (${maxBytes} bytes)${reason}`;
  return new OtlpExportError('SONDE_OTLP_QUEUE_FULL', message, { cause });
}

/** Creates the error of a request that exceeds the maximum age. */
export function expiredError(maxAgeMs: number, cause: OtlpExportError | undefined): OtlpExportError {
  const message = `not accepted within ${maxAgeMs} ms: ${cause?.message ?? 'other requests wait'}`;
  return new OtlpExportError('SONDE_OTLP_TIMEOUT', message, { cause });
}

/** Creates the error of a connection that another thread made. */
export function connectionError(cause: Error): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_CONNECTION', cause.message, { cause });
}

/** Returns the outcome of a transport that rejects, which violates its contract. */
export function unexpectedOutcome(error: unknown): SendOutcome {
  const cause = error instanceof Error ? error : new Error(String(error));
  return { status: 'permanent', error: connectionError(cause) };
}
