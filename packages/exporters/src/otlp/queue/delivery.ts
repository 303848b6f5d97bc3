import { addResults, createResult, type DeliveryResult } from './delivery-result.ts';
import type { SpooledRequest } from './request-spool.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** Approximate memory of an empty request, in bytes. */
const overheadBytes = 512;

/** The delivery of a request, or of a part of one, through the queue. */
export class Delivery {
  #request: WaitingRequest;
  /** The position in the lane. The parts of a request have the same position. */
  readonly sequence: number;
  /** Whether the request holds the latest value of each of its series, so that a later snapshot supersedes it. */
  readonly isSnapshot: boolean;
  readonly addedAtMs: number;
  /** The delivery of the whole request; the delivery itself if the request is not split. */
  readonly whole: Delivery;
  /** Resolves when the delivery is settled. */
  readonly settled: Promise<void>;
  /** Aborts the attempt in flight. */
  controller: AbortController | undefined;
  /** Whether an attempt has begun. */
  isAttempted = false;
  /** Resolves when the write to the spool has ended, with or without a durable copy. */
  persisted: Promise<void> | undefined;
  /** Whether the write to the spool is in progress. */
  isPersisting = false;
  /** The durable copy; undefined until it exists. */
  spooled: SpooledRequest | undefined;
  /** Whether the process is in its 'exit' event, in which only synchronous calls complete. */
  isExiting = false;
  /** The time of the first attempt whose credentials were rejected, on the clock of `performance.now()`. */
  #unauthorizedSinceMs: number | undefined;
  #finish: (result: DeliveryResult) => void;
  #resolve: () => void;
  #isSettled = false;

  constructor(
    request: WaitingRequest,
    options: {
      readonly sequence: number;
      readonly isSnapshot: boolean;
      readonly addedAtMs?: number;
      readonly whole?: Delivery;
      readonly onSettled: (result: DeliveryResult) => void;
    },
  ) {
    this.#request = request;
    this.sequence = options.sequence;
    this.isSnapshot = options.isSnapshot;
    this.addedAtMs = options.addedAtMs ?? performance.now();
    this.whole = options.whole ?? this;
    this.#finish = options.onSettled;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#resolve = resolve;
  }

  /** The request to send. Its body is empty after `divide`. */
  get request(): WaitingRequest {
    return this.#request;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get sizeBytes(): number {
    return this.request.body.byteLength + overheadBytes;
  }

  /** Reports the outcome once. Removes the durable copy, unless a later attempt needs it. */
  settle(parts: Partial<DeliveryResult>): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const result = createResult(parts);
    if (result.spooled > 0) this.spooled?.release();
    else if (this.isExiting) this.spooled?.ackSync();
    else void this.spooled?.ack();
    this.spooled = undefined;
    this.#finish(result);
    this.#resolve();
  }

  /** Records that the credentials were rejected. Returns the time since the first rejection, in milliseconds. */
  rejectCredentials(): number {
    const nowMs = performance.now();
    return nowMs - (this.#unauthorizedSinceMs ??= nowMs);
  }

  /** Frees the bytes of a settled delivery now, because the garbage collector may let hundreds of megabytes accumulate. */
  free(): void {
    const { buffer, byteLength } = this.#request.body;
    // The operating system may still read bytes that were sent.
    if (this.isAttempted || this.whole.isPersisting || !this.#isSettled) return;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
  }

  /** Creates a delivery for each part. This delivery settles when all parts are settled. */
  divide(parts: readonly WaitingRequest[]): Delivery[] {
    let remaining = parts.length;
    let sum = createResult({});
    const onSettled = (result: DeliveryResult): void => {
      sum = addResults(sum, result);
      remaining--;
      if (remaining === 0) this.settle(sum);
    };
    const { sequence, isSnapshot, addedAtMs, whole } = this;
    // The parts hold copies of the bytes.
    this.#request = { ...this.#request, body: new Uint8Array() };
    return parts.map((part) => new Delivery(part, { sequence, isSnapshot, addedAtMs, whole, onSettled }));
  }
}
