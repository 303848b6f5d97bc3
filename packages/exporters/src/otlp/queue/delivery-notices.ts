import type { NoticeBoard } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import type { OtlpExportError } from '../transport/export-error.ts';
import { shortText } from '../transport/rejection-reason.ts';
import { itemName } from './split-request.ts';
import type { WaitingRequest } from './waiting-request.ts';

const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;

/** Reports once that the queue drops old requests. */
export function reportFull(notices: NoticeBoard, signal: OtlpSignal, { message }: OtlpExportError): void {
  notices.reportOnce('queue full', {
    code: 'SONDE_QUEUE_FULL',
    message: `${message}: dropping the oldest ${items[signal]}; the total is reported at exit`,
  });
}

/** Reports once that a receiver has been failing for some time. */
export function reportFailing(
  notices: NoticeBoard,
  failure: {
    readonly signal: OtlpSignal;
    readonly origin: string;
    readonly error: OtlpExportError;
    readonly maxBytes: number;
  },
): void {
  const { signal, origin, error, maxBytes } = failure;
  notices.reportOnce('failing', {
    code: 'SONDE_EXPORT_FAILED',
    message: `failed to export ${items[signal]} to ${origin}: ${error.message}; they are kept until it recovers, the latest ${maxBytes} bytes of all signals`,
  });
}

/** Reports once that a receiver rejects a single item because of its size. */
export function reportTooLarge(
  notices: NoticeBoard,
  request: WaitingRequest,
  failure: { readonly origin: string; readonly error: OtlpExportError },
): void {
  const name = itemName(request);
  const subject = `one of the ${items[request.signal]}${name === '' ? '' : ` ('${shortText(name)}')`}`;
  notices.reportOnce('too large', {
    code: 'SONDE_OTLP_TOO_LARGE',
    message: `${failure.origin} refuses ${subject} of ${request.body.byteLength} bytes as too large: ${failure.error.message}; the total is reported at exit`,
  });
}
