import type { WaitingRequest } from './waiting-request.ts';

/** A request on disk that this process also holds in memory. */
export interface SpooledRequest {
  /** Removes the request after it was delivered or dropped. Never rejects. */
  ack(): Promise<void>;
  /** As `ack`, for the 'exit' event. Never throws. */
  ackSync(): void;
  /** Makes the request available to `leaseOldest()` again, because memory no longer holds it. */
  release(): void;
}

/** A request that `leaseOldest()` returned. */
export interface LeasedRequest extends SpooledRequest {
  readonly request: WaitingRequest;
}

/** The durable store of the delivery queue. Failures are reported once and never thrown. */
export interface RequestSpool {
  /** Writes a request to disk. Resolves to undefined after a failure: the request is in memory only. Never rejects. */
  append(request: WaitingRequest): Promise<SpooledRequest | undefined>;
  /** Writes a request to disk in the 'exit' event, for a later process. Returns whether it succeeded. */
  appendSync(request: WaitingRequest): boolean;
  /**
   * Leases the oldest request for one of the endpoints. Only requests that this process released and those of processes
   * that have ended are available. Resolves to undefined if there is none. Never rejects.
   */
  leaseOldest(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined>;
  /** Releases all leases and closes the files. Never rejects. */
  close(): Promise<void>;
  /** As `close`, for the 'exit' event. Never throws. */
  closeSync(): void;
}
