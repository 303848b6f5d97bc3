/** The most names of one sort that are kept in the life of a process: as many as one metric may have series. */
export const maxNames = 2000;

/** Bounds what is kept for names that may come from outside. */
export class NameLimit {
  readonly #onReached: (limit: number) => void;
  readonly #limit: number;
  #count = 0;
  #isReported = false;

  /** @param onReached called once, for the first name that is not kept */
  constructor(onReached: (limit: number) => void, limit: number = maxNames) {
    this.#onReached = onReached;
    this.#limit = limit;
  }

  /** Counts one more name. False when there are as many as may be. */
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
