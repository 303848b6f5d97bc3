/** The default limit of names: as many as the series that one metric may have. */
export const maxNames = 2000;

/** Limits the number of names that are kept, because they may come from outside the application. */
export class NameLimit {
  readonly #onReached: (limit: number) => void;
  readonly #limit: number;
  #count = 0;
  #isReported = false;

  /** @param onReached called once, for the first name beyond the limit */
  constructor(onReached: (limit: number) => void, limit: number = maxNames) {
    this.#onReached = onReached;
    this.#limit = limit;
  }

  /** Counts a name; returns false beyond the limit. */
  admit(): boolean {
    if (this.#count < this.#limit) {
      this.#count++;
      return true;
    }
    if (!this.#isReported) this.#onReached(this.#limit);
    this.#isReported = true;
    return false;
  }
}
