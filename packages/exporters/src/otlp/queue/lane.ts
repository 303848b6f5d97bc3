import type { OtlpExportError } from '../transport/export-error.ts';
import { abortedError, expiredError } from './delivery-errors.ts';
import type { Delivery } from './delivery.ts';
import { Gate } from './gate.ts';
import { splitRequest } from './split-request.ts';
import type { SendOutcome } from './transport.ts';

/** The requests of one exporter, in the order in which they were added. */
export class Lane {
  /** The gate of the receiver. Lanes with the same origin share it. */
  readonly gate: Gate;
  /** The gate of this signal, which closes when the receiver rejects the credentials. */
  readonly #ownGate: Gate;
  /** Maximum size of a request, in bytes; lowered when the receiver rejects one as too large. */
  maxRequestBytes: number;
  /** Whether sending stops until the next request or flush. */
  isPaused = false;
  /** The sequence number of the latest snapshot. */
  latestSnapshot = -1;
  readonly inFlight: Set<Delivery> = new Set();
  #waiting: Delivery[] = [];
  /** The resolvers of the pending flushes. */
  readonly #flushes = new Set<() => void>();
  #bytes = 0;
  #sequence = 0;

  constructor(options: {
    readonly gate: Gate;
    readonly maxRequestBytes: number;
    readonly maxConcurrency: number;
  }) {
    this.gate = options.gate;
    this.#ownGate = new Gate(options.maxConcurrency);
    this.maxRequestBytes = options.maxRequestBytes;
  }

  /** The size of all requests in the lane, including those in flight, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get oldest(): Delivery | undefined {
    return this.#waiting[0];
  }

  get all(): Delivery[] {
    return [...this.inFlight, ...this.#waiting].toSorted((first, second) => first.sequence - second.sequence);
  }

  /** Whether a request can be sent now. */
  get isOpen(): boolean {
    return !this.isPaused && this.#ownGate.isOpen && this.gate.isOpen;
  }

  /** Whether a request is waiting and can be sent now. */
  get isReady(): boolean {
    return this.#waiting.length > 0 && this.isOpen;
  }

  /** Time until the back-off ends, in milliseconds. */
  get opensInMs(): number {
    return Math.max(this.gate.opensInMs, this.#ownGate.opensInMs);
  }

  /** Whether no further attempt can succeed before the process ends. */
  get isAttemptUseless(): boolean {
    return this.gate.isAttemptUseless || this.#ownGate.isAttemptUseless;
  }

  /** The last failure; undefined after a success. */
  get lastError(): OtlpExportError | undefined {
    return this.gate.lastError ?? this.#ownGate.lastError;
  }

  /** Whether a later snapshot holds newer values. */
  isSuperseded({ isSnapshot, sequence }: Delivery): boolean {
    return isSnapshot && sequence < this.latestSnapshot;
  }

  nextSequence(): number {
    return this.#sequence++;
  }

  /** Adds a delivery in the order of the sequence numbers. */
  add(delivery: Delivery): void {
    this.#bytes += delivery.sizeBytes;
    let index = this.#waiting.length;
    // A new request goes to the end; a retried one goes back near the front.
    const isNewest = index === 0 || this.#waiting[index - 1]!.sequence <= delivery.sequence;
    if (!isNewest) index = this.#waiting.findIndex(({ sequence }) => sequence > delivery.sequence);
    this.#waiting.splice(index, 0, delivery);
  }

  /** Adds a new delivery; splits it if it is too large. */
  enter(delivery: Delivery): void {
    const parts = splitRequest(delivery.request, this.maxRequestBytes);
    const deliveries = parts.length === 1 ? [delivery] : delivery.divide(parts);
    for (const each of deliveries) this.add(each);
  }

  /** Splits a request that is too large for the receiver, and lowers the limit. Returns whether it could be split. */
  split(delivery: Delivery): boolean {
    const maxBytes = Math.ceil(delivery.request.body.byteLength / 2);
    const parts = splitRequest(delivery.request, maxBytes);
    if (parts.length === 1) return false;
    this.maxRequestBytes = Math.min(this.maxRequestBytes, maxBytes);
    for (const part of delivery.divide(parts)) this.add(part);
    return true;
  }

  /** Drops the requests that have waited for longer than `maxAgeMs`. */
  expire(maxAgeMs: number): void {
    const expiredMs = performance.now() - maxAgeMs;
    for (let { oldest } = this; oldest !== undefined && oldest.addedAtMs < expiredMs; { oldest } = this) {
      this.shift();
      oldest.settle({ dropped: oldest.request.itemCount, error: expiredError(maxAgeMs, this.lastError) });
    }
  }

  /** Removes the waiting snapshots that a later one supersedes. A snapshot in flight may still be delivered. */
  supersede({ sequence }: Delivery): void {
    this.latestSnapshot = sequence;
    for (const earlier of this.remove(({ isSnapshot }) => isSnapshot)) {
      earlier.settle({ superseded: earlier.request.itemCount });
    }
  }

  /** Removes the oldest waiting delivery. */
  shift(): Delivery | undefined {
    const delivery = this.#waiting.shift();
    this.#bytes -= delivery?.sizeBytes ?? 0;
    return delivery;
  }

  /** Removes the waiting deliveries for which `test` returns true. */
  remove(test: (delivery: Delivery) => boolean): Delivery[] {
    const removed = this.#waiting.filter(test);
    if (removed.length === 0) return removed;
    this.#waiting = this.#waiting.filter((delivery) => !test(delivery));
    for (const { sizeBytes } of removed) this.#bytes -= sizeBytes;
    return removed;
  }

  /** Moves the oldest waiting delivery to those in flight. */
  begin(): Delivery | undefined {
    const delivery = this.#waiting.shift();
    if (delivery !== undefined) this.inFlight.add(delivery);
    return delivery;
  }

  /** Removes a delivery from those in flight. */
  end(delivery: Delivery): void {
    if (this.inFlight.delete(delivery)) this.#bytes -= delivery.sizeBytes;
  }

  /** Begins an attempt. Returns a function that ends it; its outcome is undefined if the attempt was aborted. */
  beginAttempt(): (outcome: SendOutcome | undefined) => void {
    const [startedAtMs, ownStartedAtMs] = [this.gate.begin(), this.#ownGate.begin()];
    return (outcome) => {
      const isFailure = outcome?.status === 'retryable';
      const isOwn = isFailure && outcome.isUnauthorized === true;
      const isAnswered = outcome !== undefined && (!isFailure || isOwn);
      this.gate.end(startedAtMs, isAnswered ? 'answered' : isFailure ? outcome : 'aborted');
      const own = isOwn ? outcome : isAnswered ? 'answered' : 'aborted';
      this.#ownGate.end(ownStartedAtMs, own);
    };
  }

  /** Aborts the attempts in flight, and stops sending until the next request or flush. */
  abortAttempts(): void {
    this.isPaused = true;
    for (const { controller } of this.inFlight) {
      controller?.abort(abortedError('aborted because the export timeout at exit has expired'));
    }
  }

  /** Ends a back-off, unless the receiver requested it. */
  expedite(): void {
    this.gate.expedite();
    this.#ownGate.expedite();
  }

  /** Prepares for the end of the process in `budgetMs`. */
  beginExit(budgetMs: number): void {
    this.gate.beginExit(budgetMs);
    this.#ownGate.beginExit(budgetMs);
  }

  /** Undoes `beginExit`: the process continues. */
  cancelExit(): void {
    this.gate.cancelExit();
    this.#ownGate.cancelExit();
  }

  /** Resolves when all requests in the lane are settled, or at `endFlushes`. */
  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.add(resolve);
    void Promise.all(this.all.map((delivery) => delivery.settled)).then(() => resolve());
    await promise;
    this.#flushes.delete(resolve);
  }

  /** Resolves the pending flushes. */
  endFlushes(): void {
    for (const resolve of this.#flushes) resolve();
  }
}
