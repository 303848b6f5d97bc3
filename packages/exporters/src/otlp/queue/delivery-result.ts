import type { OtlpExportError } from '../transport/export-error.ts';

/** The outcome of a request in the delivery queue, in items. */
export interface DeliveryResult {
  /** Accepted by the receiver. */
  readonly delivered: number;
  /** Rejected by the receiver in a request that it accepted. */
  readonly rejected: number;
  /** Given up. */
  readonly lost: number;
  /** Not delivered because a later request holds newer values of the same series. */
  readonly superseded: number;
  /** Left on disk, for this process or a later one. */
  readonly spooled: number;
  /** The receiver's reason for `rejected`, or its warning; empty without one. */
  readonly message: string;
  /** The reason for `lost`. */
  readonly error: OtlpExportError | undefined;
}

const none: DeliveryResult = {
  delivered: 0,
  rejected: 0,
  lost: 0,
  superseded: 0,
  spooled: 0,
  message: '',
  error: undefined,
};

/** A result in which the other counts are 0. */
export function createResult(parts: Partial<DeliveryResult>): DeliveryResult {
  return { ...none, ...parts };
}

/** Adds the results of the parts of a request. */
export function addResults(first: DeliveryResult, second: DeliveryResult): DeliveryResult {
  return {
    delivered: first.delivered + second.delivered,
    rejected: first.rejected + second.rejected,
    lost: first.lost + second.lost,
    superseded: first.superseded + second.superseded,
    spooled: first.spooled + second.spooled,
    message: first.message || second.message,
    error: first.error ?? second.error,
  };
}

/** The result of a request that the receiver accepted, with the items that it rejected. */
export function acceptedResult(
  itemCount: number,
  { rejectedCount, message }: { readonly rejectedCount: number; readonly message: string },
): Partial<DeliveryResult> {
  const rejected = Math.min(Math.max(0, rejectedCount), itemCount);
  return { delivered: itemCount - rejected, rejected, message };
}
