import { addResults, createResult, type DeliveryResult } from './delivery-result.ts';
import type { SpooledRequest } from './request-spool.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** Bytes that an empty request occupies in memory, roughly. */
const overheadBytes = 512;

/** A request, or a part of one, on its way through the queue. */
export class Delivery {
  #request: WaitingRequest;
  /** The position in its lane; the parts of a request share one. */
  readonly sequence: number;
  /** Whether a later snapshot replaces it: it holds the latest values of its series. */
  readonly isSnapshot: boolean;
  readonly addedAtMs: number;
  /** The request that this is a part of; itself otherwise. */
  readonly root: Delivery;
  /** Resolves when the outcome is known. */
  readonly settled: Promise<void>;
  /** Aborts the attempt that is under way. */
  controller: AbortController | undefined;
  /** When it was first refused for a reason that is tried for a limited time. */
  limitedSinceMs: number | undefined;
  /** Resolves when it is known whether a durable copy exists. */
  persisted: Promise<void> | undefined;
  /** Whether that is not known yet. */
  isPersisting = false;
  /** The durable copy, once it exists. */
  spooled: SpooledRequest | undefined;
  /** Whether the event loop does not turn again. */
  isExiting = false;
  #finish: (result: DeliveryResult) => void;
  #resolve: () => void;
  #isSettled = false;

  constructor(
    request: WaitingRequest,
    options: {
      readonly sequence: number;
      readonly isSnapshot: boolean;
      readonly addedAtMs?: number;
      readonly root?: Delivery;
      readonly onSettled: (result: DeliveryResult) => void;
    },
  ) {
    this.#request = request;
    this.sequence = options.sequence;
    this.isSnapshot = options.isSnapshot;
    this.addedAtMs = options.addedAtMs ?? performance.now();
    this.root = options.root ?? this;
    this.#finish = options.onSettled;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#resolve = resolve;
  }

  /** What is sent; without its bytes once it is divided. */
  get request(): WaitingRequest {
    return this.#request;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get sizeBytes(): number {
    return this.request.body.byteLength + overheadBytes;
  }

  /** Reports the outcome, once. A durable copy is removed, unless the outcome leaves it to a later attempt. */
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

  /** Creates a delivery for each part; this one settles when all of them have. */
  divide(parts: readonly WaitingRequest[]): Delivery[] {
    let remaining = parts.length;
    let sum = createResult({});
    const onSettled = (result: DeliveryResult): void => {
      sum = addResults(sum, result);
      remaining--;
      if (remaining === 0) this.settle(sum);
    };
    const { sequence, isSnapshot, addedAtMs, root } = this;
    // The parts are copies.
    this.#request = { ...this.#request, body: new Uint8Array() };
    return parts.map((part) => new Delivery(part, { sequence, isSnapshot, addedAtMs, root, onSettled }));
  }
}
