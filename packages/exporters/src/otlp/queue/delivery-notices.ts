import type { NoticeBoard } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import type { OtlpExportError } from '../transport/export-error.ts';
import { shortText } from '../transport/rejection-reason.ts';
import type { LaneOptions } from './request-queue.ts';
import { itemName } from './split-request.ts';
import type { RetryableOutcome } from './transport.ts';
import type { WaitingRequest } from './waiting-request.ts';

const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;

/** Reports once that the queue drops old requests. */
export function reportFull(notices: NoticeBoard, signal: OtlpSignal, { message }: OtlpExportError): void {
  notices.reportOnce('queue full', {
    code: 'SONDE_QUEUE_FULL',
    message: `${message}: dropping the oldest ${items[signal]}; the total is reported at exit`,
  });
}

/** Minimum duration of an outage that is reported, in milliseconds: the first retries often succeed. */
const reportAfterMs = 3000;

/** Reports once that a receiver fails for some time, or rejects the credentials. */
export function reportFailing(
  { signal, notices, transport }: LaneOptions,
  { error, retryAfterMs = 0, isUnauthorized = false }: RetryableOutcome,
  queue: { readonly maxBytes: number; readonly failingForMs: number },
): void {
  const isLong = Math.max(queue.failingForMs, retryAfterMs) >= reportAfterMs;
  if (!isLong && !isUnauthorized) return;
  notices.reportOnce('failing', {
    code: 'SONDE_EXPORT_FAILED',
    message: `failed to export ${items[signal]} to ${transport.origin}: ${error.message}; they are kept until it recovers, the latest ${queue.maxBytes} bytes of all signals`,
  });
}

/** Reports once that a receiver rejects a single item because of its size. */
export function reportTooLarge(
  { notices, transport }: LaneOptions,
  request: WaitingRequest,
  { message }: OtlpExportError,
): void {
  const name = itemName(request);
  const subject = `one of the ${items[request.signal]}${name === '' ? '' : ` ('${shortText(name)}')`}`;
  notices.reportOnce('too large', {
    code: 'SONDE_OTLP_TOO_LARGE',
    message: `${transport.origin} refuses ${subject} of ${request.body.byteLength} bytes as too large: ${message}; the total is reported at exit`,
  });
}
