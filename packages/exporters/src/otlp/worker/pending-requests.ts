import type { DeliveryResult } from '../queue/delivery-result.ts';
import type { ThreadStatus } from './thread-status.ts';

/** Maximum time in which the thread takes a request, in milliseconds, once many wait. */
const unresponsiveMs = 30_000;

/** A request that was passed to the thread. */
export interface PendingRequest {
  /** The index of the lane. */
  readonly lane: number;
  readonly sizeBytes: number;
  readonly itemCount: number;
  readonly isSnapshot: boolean;
  readonly unref: boolean;
  /** A copy of the bytes, until the thread has taken the request. */
  body: Uint8Array<ArrayBuffer> | undefined;
  readonly addedAtMs: number;
  readonly onSettled: (result: DeliveryResult) => void;
}

/** The requests that the thread has not settled, by their number, which counts from 1. */
export class PendingRequests {
  readonly #byNumber = new Map<number, PendingRequest>();
  #added = 0;
  /** The number of the last request that was added before the current thread started. */
  #addedBefore = 0;
  /** The number of the last request that the thread has taken. */
  #taken = 0;
  #bytes = 0;
  #untakenBytes = 0;
  #keptAlive = 0;

  get size(): number {
    return this.#byNumber.size;
  }

  /** The size of all requests, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a request keeps the process alive. */
  get isKeptAlive(): boolean {
    return this.#keptAlive > 0;
  }

  /** Whether there are requests that the thread has not taken. */
  get hasUntaken(): boolean {
    return this.#untakenBytes > 0;
  }

  get numbers(): number[] {
    return [...this.#byNumber.keys()];
  }

  /** Begins to count what a new thread takes. */
  startThread(): void {
    this.#addedBefore = this.#added;
  }

  /** Adds a request with a copy of its bytes. Returns its number. */
  add(request: PendingRequest): number {
    this.#byNumber.set(++this.#added, request);
    this.#bytes += request.sizeBytes;
    this.#untakenBytes += request.sizeBytes;
    if (!request.unref) this.#keptAlive++;
    return this.#added;
  }

  /** Removes and returns a request. */
  remove(number: number): PendingRequest | undefined {
    const request = this.#byNumber.get(number);
    if (request === undefined) return undefined;
    this.#byNumber.delete(number);
    this.#bytes -= request.sizeBytes;
    if (number > this.#taken) this.#untakenBytes -= request.sizeBytes;
    if (!request.unref) this.#keptAlive--;
    return request;
  }

  /** Releases the copies of the requests that the thread has taken. */
  releaseTaken({ takenCount }: ThreadStatus): void {
    if (takenCount !== undefined) this.#releaseUpTo(this.#addedBefore + takenCount);
  }

  /** Revokes the requests that the thread has not taken, and returns them in order. */
  revoke(status: ThreadStatus): PendingRequest[] {
    this.#releaseUpTo(this.#addedBefore + status.revoke());
    const revoked: PendingRequest[] = [];
    for (let number = this.#taken + 1; number <= this.#added; number++) {
      const request = this.remove(number);
      if (request !== undefined) revoked.push(request);
    }
    this.#taken = this.#added;
    return revoked;
  }

  /** Whether the thread takes no more requests, although more than `maxBytes` wait. */
  isUnresponsive(maxBytes: number): boolean {
    if (this.#untakenBytes <= maxBytes) return false;
    const oldest = this.#byNumber.get(this.#taken + 1);
    return oldest !== undefined && performance.now() - oldest.addedAtMs > unresponsiveMs;
  }

  #releaseUpTo(last: number): void {
    for (; this.#taken < last; this.#taken++) {
      const request = this.#byNumber.get(this.#taken + 1);
      if (request === undefined) continue;
      this.#untakenBytes -= request.sizeBytes;
      // Frees the memory now, before the garbage collector runs.
      request.body?.buffer.transfer(0);
      request.body = undefined;
    }
  }
}
