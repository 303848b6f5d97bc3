import type { LeasedRequest, RequestSpool } from './request-spool.ts';

/** How often requests are looked for that processes leave when they end. */
const intervalMs = 60_000;

/** Takes requests from the spool, one at a time, so that new ones are not held up. */
export class Replay {
  readonly #spool: RequestSpool | undefined;
  /** Whether a request is on its way. */
  #isBusy = false;
  #notBeforeMs = -Infinity;
  /** Counts what adds requests to the spool, or endpoints to look for. */
  #reasons = 0;

  constructor(spool: RequestSpool | undefined) {
    this.#spool = spool;
  }

  /** Whether it is time to look for a request. */
  get isDue(): boolean {
    return this.dueInMs === 0 && !this.#isBusy;
  }

  /** Milliseconds until it is time to look for a request; infinite without a spool. */
  get dueInMs(): number {
    return this.#spool === undefined ? Infinity : Math.max(0, this.#notBeforeMs - performance.now());
  }

  /** There is a reason to look for a request soon. */
  request(): void {
    this.#reasons++;
    this.#notBeforeMs = -Infinity;
  }

  /** Leases the oldest request for one of the endpoints. Ends with `finish`. Never rejects. */
  async take(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined> {
    this.#isBusy = true;
    const reasons = this.#reasons;
    const leased = await this.#spool?.takeOldest(endpoints);
    if (leased === undefined && reasons === this.#reasons) this.#postpone();
    return leased;
  }

  /** The request is settled, or there was none. */
  finish(): void {
    this.#isBusy = false;
  }

  /** The request is left where it is, because it has no exporter any more. */
  release(leased: LeasedRequest): void {
    leased.release();
    this.#postpone();
  }

  #postpone(): void {
    this.#notBeforeMs = performance.now() + intervalMs;
  }
}
