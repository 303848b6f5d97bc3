import { OtlpExportError } from '../transport/export-error.ts';
import type { SendOutcome } from './transport.ts';

/** The error of a request that is given up without a failure of the receiver. */
export function abortedError(message: string): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_ABORTED', message);
}

/** The error of a request for which the queue has no room. */
export function queueFullError(maxBytes: number, cause: OtlpExportError | undefined): OtlpExportError {
  const reason = cause === undefined ? '' : `; last attempt: ${cause.message}`;
  const message = `export queue full (${maxBytes} bytes)${reason}`;
  return new OtlpExportError('SONDE_OTLP_QUEUE_FULL', message, { cause });
}

/** The error of a request that has waited too long. */
export function expiredError(maxAgeMs: number, cause: OtlpExportError | undefined): OtlpExportError {
  const message = `not accepted within ${maxAgeMs} ms: ${cause?.message ?? 'other requests wait'}`;
  return new OtlpExportError('SONDE_OTLP_TIMEOUT', message, { cause });
}

/** The error of a connection that another thread made. */
export function connectionError(cause: Error): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_CONNECTION', cause.message, { cause });
}

/** The outcome of a transport that rejects, although it never should. */
export function unexpectedOutcome(error: unknown): SendOutcome {
  const cause = error instanceof Error ? error : new Error(String(error));
  return { status: 'permanent', error: connectionError(cause) };
}
