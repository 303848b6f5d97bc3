import type { OtlpSignal } from '../signal.ts';

/**
 * An encoded request that waits for delivery. It holds bytes and plain values alone, so that it can pass to another
 * thread and onto a disk.
 */
export interface WaitingRequest {
  readonly signal: OtlpSignal;
  /** The key of the endpoint that the request is meant for: {@link Transport.endpoint}. */
  readonly endpoint: string;
  /** An `Export*ServiceRequest` in protocol buffers, not compressed. The transport converts and compresses it. */
  readonly body: Uint8Array;
  /** The number of spans, log records or data points in the body. */
  readonly itemCount: number;
}
