import type { LeasedRequest, RequestSpool } from './request-spool.ts';

/** Interval of the searches for requests that other processes left, in milliseconds. */
const intervalMs = 60_000;

/** Leases requests from the spool one at a time, so that they do not delay new ones. */
export class Replay {
  readonly #spool: RequestSpool | undefined;
  /** Whether a leased request is not settled yet. */
  #isBusy = false;
  #notBeforeMs = -Infinity;
  /** Number of calls of `request`: a call during a lease prevents a pause after it. */
  #reasons = 0;

  constructor(spool: RequestSpool | undefined) {
    this.#spool = spool;
  }

  /** Time until the next search, in milliseconds; `Infinity` without a spool, and until a leased request is settled. */
  get dueInMs(): number {
    if (this.#spool === undefined || this.#isBusy) return Infinity;
    return Math.max(0, this.#notBeforeMs - performance.now());
  }

  /** Makes the next search due, because a request or an endpoint was added. */
  request(): void {
    this.#reasons++;
    this.#notBeforeMs = -Infinity;
  }

  /** Leases the oldest request for one of the endpoints. `finish` must follow. Never rejects. */
  async lease(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined> {
    this.#isBusy = true;
    const reasons = this.#reasons;
    const leased = await this.#spool?.leaseOldest(endpoints);
    if (leased === undefined && reasons === this.#reasons) this.#postpone();
    return leased;
  }

  /** Allows the next lease, after a request is settled or if there was none. */
  finish(): void {
    this.#isBusy = false;
  }

  /** Releases a request whose exporter no longer exists. */
  release(leased: LeasedRequest): void {
    leased.release();
    this.#postpone();
  }

  #postpone(): void {
    this.#notBeforeMs = performance.now() + intervalMs;
  }
}
