import type { WaitingRequest } from './waiting-request.ts';

/** A request that this process has made durable. */
export interface SpooledRequest {
  /** Removes the request: it was delivered, or is given up for good. Never rejects. */
  ack(): Promise<void>;
  /** As `ack`, for the 'exit' event. Never throws. */
  ackSync(): void;
  /** Leaves the request to a later `takeOldest()`, of this process or of another one: memory no longer holds it. */
  release(): void;
}

/** A request that `takeOldest()` leased. */
export interface LeasedRequest extends SpooledRequest {
  readonly request: WaitingRequest;
}

/** The durable store of requests as the delivery queue sees it. Its faults are reported once and never thrown. */
export interface RequestSpool {
  /** Makes a request durable. Resolves to undefined if that failed: then it waits in memory alone. Never rejects. */
  append(request: WaitingRequest): Promise<SpooledRequest | undefined>;
  /** Makes a request durable in the 'exit' event, to be delivered by a later process. Returns whether it succeeded. */
  appendSync(request: WaitingRequest): boolean;
  /**
   * Leases the oldest request for one of the endpoints that this process does not hold in memory: those that it released
   * and those of processes that are gone. Resolves to undefined if there is none. Never rejects.
   */
  takeOldest(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined>;
  /** Releases all leases and closes the files. Never rejects. */
  close(): Promise<void>;
  /** As `close`, for the 'exit' event. Never throws. */
  closeSync(): void;
}
