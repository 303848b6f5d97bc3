import type { OtlpSignal } from '../signal.ts';

/**
 * An encoded request that waits for delivery. It holds only bytes and plain values, so that it can be moved to another
 * thread or written to disk.
 */
export interface WaitingRequest {
  readonly signal: OtlpSignal;
  /** The {@link Transport.endpoint} that receives the request. */
  readonly endpoint: string;
  /** An `Export*ServiceRequest` in protocol buffers, not compressed. The transport converts and compresses it. */
  readonly body: Uint8Array;
  /** The number of spans, log records or data points in the body. */
  readonly itemCount: number;
}
