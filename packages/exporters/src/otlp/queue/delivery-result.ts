import type { OtlpExportError } from '../transport/export-error.ts';

/** The outcome of a request in the delivery queue, in items. */
export interface DeliveryResult {
  /** Number of items that the receiver accepted. */
  readonly delivered: number;
  /** Number of items that the receiver rejected in an accepted request. */
  readonly rejected: number;
  /** Number of items that were dropped. */
  readonly dropped: number;
  /** Number of items that were not sent, because a later request holds newer values of the same series. */
  readonly superseded: number;
  /** Number of items that remain on disk, for this process or a later one. */
  readonly spooled: number;
  /** The receiver's reason for `rejected`, or its warning; empty if there is none. */
  readonly message: string;
  /** The reason for `dropped`. */
  readonly error: OtlpExportError | undefined;
}

const none: DeliveryResult = {
  delivered: 0,
  rejected: 0,
  dropped: 0,
  superseded: 0,
  spooled: 0,
  message: '',
  error: undefined,
};

/** Creates a result; counts that are not given are 0. */
export function createResult(parts: Partial<DeliveryResult>): DeliveryResult {
  return { ...none, ...parts };
}

/** Adds the results of the parts of a request. */
export function addResults(first: DeliveryResult, second: DeliveryResult): DeliveryResult {
  return {
    delivered: first.delivered + second.delivered,
    rejected: first.rejected + second.rejected,
    dropped: first.dropped + second.dropped,
    superseded: first.superseded + second.superseded,
    spooled: first.spooled + second.spooled,
    message: first.message || second.message,
    error: first.error ?? second.error,
  };
}

/** Returns the result of an accepted request, some items of which may be rejected. */
export function acceptedResult(
  itemCount: number,
  { rejectedCount, message }: { readonly rejectedCount: number; readonly message: string },
): Partial<DeliveryResult> {
  const rejected = Math.min(Math.max(0, rejectedCount), itemCount);
  return { delivered: itemCount - rejected, rejected, message };
}
