import type { OtlpExportError } from '../transport/export-error.ts';
import { abortedError, expiredError } from './delivery-errors.ts';
import type { Delivery } from './delivery.ts';
import { Gate } from './gate.ts';
import { splitRequest } from './split-request.ts';
import type { SendOutcome } from './transport.ts';

/** The requests of one exporter, in order. */
export class Lane {
  /** The gate of the receiver, which lanes with the same origin share. */
  readonly gate: Gate;
  /** Closed when the receiver refuses this signal alone. */
  readonly #ownGate: Gate;
  /** Requests above this size are split; lowered when the receiver refuses one. */
  maxRequestBytes: number;
  /** Whether nothing is sent until the next request or flush. */
  isPaused = false;
  /** The sequence of the latest snapshot. */
  latestSnapshot = -1;
  readonly inFlight: Set<Delivery> = new Set();
  #waiting: Delivery[] = [];
  /** Ends the flushes that wait. */
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

  /** The bytes of all requests in the lane, those in flight included. */
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

  /** Whether a request could be sent now. */
  get isOpen(): boolean {
    return !this.isPaused && this.#ownGate.isOpen && this.gate.isOpen;
  }

  /** Whether a request waits that may be sent now. */
  get isReady(): boolean {
    return this.#waiting.length > 0 && this.isOpen;
  }

  /** Milliseconds until the back-off is over. */
  get opensInMs(): number {
    return Math.max(this.gate.opensInMs, this.#ownGate.opensInMs);
  }

  /** Whether another attempt is useless in the time that is left before the process ends. */
  get isHopeless(): boolean {
    return this.gate.isHopeless || this.#ownGate.isHopeless;
  }

  /** Why requests fail; undefined after a success. */
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

  /** Adds a delivery, in the order of the sequences. */
  add(delivery: Delivery): void {
    this.#bytes += delivery.sizeBytes;
    let index = this.#waiting.length;
    // A request that comes back belongs near the front; a new one at the end.
    const isNewest = index === 0 || this.#waiting[index - 1]!.sequence <= delivery.sequence;
    if (!isNewest) index = this.#waiting.findIndex(({ sequence }) => sequence > delivery.sequence);
    this.#waiting.splice(index, 0, delivery);
  }

  /** Adds a new delivery, in parts if it is too large. */
  enter(delivery: Delivery): void {
    const parts = splitRequest(delivery.request, this.maxRequestBytes);
    const deliveries = parts.length === 1 ? [delivery] : delivery.divide(parts);
    for (const each of deliveries) this.add(each);
  }

  /** Splits a request that the receiver finds too large, and those that follow. Returns whether it can be split. */
  split(delivery: Delivery): boolean {
    const maxBytes = Math.ceil(delivery.request.body.byteLength / 2);
    const parts = splitRequest(delivery.request, maxBytes);
    if (parts.length === 1) return false;
    this.maxRequestBytes = Math.min(this.maxRequestBytes, maxBytes);
    for (const part of delivery.divide(parts)) this.add(part);
    return true;
  }

  /** Gives up the requests that have waited for longer than `maxAgeMs`. */
  expire(maxAgeMs: number): void {
    const expiredMs = performance.now() - maxAgeMs;
    for (let { oldest } = this; oldest !== undefined && oldest.addedAtMs < expiredMs; { oldest } = this) {
      this.shift();
      oldest.settle({ lost: oldest.request.itemCount, error: expiredError(maxAgeMs, this.lastError) });
    }
  }

  /** Replaces the snapshots that wait by a later one. One that is in flight may still arrive. */
  supersede({ sequence }: Delivery): void {
    this.latestSnapshot = sequence;
    for (const earlier of this.remove(({ isSnapshot }) => isSnapshot)) {
      earlier.settle({ superseded: earlier.request.itemCount });
    }
  }

  /** Removes the oldest delivery that waits. */
  shift(): Delivery | undefined {
    const delivery = this.#waiting.shift();
    this.#bytes -= delivery?.sizeBytes ?? 0;
    return delivery;
  }

  /** Removes the deliveries for which `test` holds, of those that wait. */
  remove(test: (delivery: Delivery) => boolean): Delivery[] {
    const removed = this.#waiting.filter(test);
    if (removed.length === 0) return removed;
    this.#waiting = this.#waiting.filter((delivery) => !test(delivery));
    for (const { sizeBytes } of removed) this.#bytes -= sizeBytes;
    return removed;
  }

  /** Moves the oldest delivery that waits to those in flight. */
  begin(): Delivery | undefined {
    const delivery = this.#waiting.shift();
    if (delivery !== undefined) this.inFlight.add(delivery);
    return delivery;
  }

  /** Removes a delivery that was in flight. */
  end(delivery: Delivery): void {
    if (this.inFlight.delete(delivery)) this.#bytes -= delivery.sizeBytes;
  }

  /** An attempt begins. The function that is returned ends it with its outcome, or without one if it was aborted. */
  beginAttempt(): (outcome: SendOutcome | undefined) => void {
    const [startedAtMs, ownStartedAtMs] = [this.gate.begin(), this.#ownGate.begin()];
    return (outcome) => {
      const isFailure = outcome?.status === 'retryable';
      const isOwn = isFailure && outcome.isLimited === true;
      const isAnswered = outcome !== undefined && (!isFailure || isOwn);
      this.gate.end(startedAtMs, isAnswered ? 'answered' : isFailure ? outcome : 'aborted');
      const own = isOwn ? outcome : isAnswered ? 'answered' : 'aborted';
      this.#ownGate.end(ownStartedAtMs, own);
    };
  }

  /** Aborts the attempts that are under way. Nothing is sent until the next request or flush. */
  abortAttempts(): void {
    this.isPaused = true;
    for (const { controller } of this.inFlight) {
      controller?.abort(abortedError('aborted because the time for exports is over'));
    }
  }

  /** Cuts a back-off short, unless the receiver asked for it. */
  expedite(): void {
    this.gate.expedite();
    this.#ownGate.expedite();
  }

  /** The process ends in `budgetMs`. */
  hurry(budgetMs: number): void {
    this.gate.hurry(budgetMs);
    this.#ownGate.hurry(budgetMs);
  }

  /** The process goes on after `hurry`. */
  relax(): void {
    this.gate.relax();
    this.#ownGate.relax();
  }

  /** Resolves when everything in the lane is settled, or at `endFlushes`. */
  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.add(resolve);
    void Promise.all(this.all.map((delivery) => delivery.settled)).then(() => resolve());
    await promise;
    this.#flushes.delete(resolve);
  }

  /** Ends the flushes that wait. */
  endFlushes(): void {
    for (const resolve of this.#flushes) resolve();
  }
}
