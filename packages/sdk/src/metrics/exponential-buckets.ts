/** Counts of neighbouring buckets, and where they begin. */
export class ExponentialBuckets {
  #counts: number[] = [];
  #first = 0;

  /** The index of the first bucket that counted something. */
  get offset(): number {
    return this.#first;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  /** The index of the first and of the last bucket if the one at `index` counted too. */
  rangeWith(index: number): [first: number, last: number] {
    if (this.#counts.length === 0) return [index, index];
    return [Math.min(this.#first, index), Math.max(this.#first + this.#counts.length - 1, index)];
  }

  increment(index: number): void {
    if (this.#counts.length === 0) this.#first = index;
    if (index < this.#first) {
      this.#counts.unshift(...zeros(this.#first - index));
      this.#first = index;
    }
    const at = index - this.#first;
    if (at >= this.#counts.length) this.#counts.push(...zeros(at - this.#counts.length + 1));
    this.#counts[at]!++;
  }

  /** Makes one bucket of `2 ** change` of them. */
  downscale(change: number): void {
    if (this.#counts.length === 0) return;
    const first = this.#first >> change;
    const last = (this.#first + this.#counts.length - 1) >> change;
    const merged = zeros(last - first + 1);
    this.#counts.forEach((count, at) => (merged[((this.#first + at) >> change) - first]! += count));
    this.#counts = merged;
    this.#first = first;
  }

  clear(): void {
    this.#counts = [];
    this.#first = 0;
  }
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
