/** Counts of adjacent buckets, and the index of the first one. */
export class ExponentialBuckets {
  #counts: number[] = [];
  #first = 0;

  /** The index of the first bucket. */
  get offset(): number {
    return this.#first;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Returns the range of bucket indexes, extended to `index`. */
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
    const position = index - this.#first;
    if (position >= this.#counts.length) this.#counts.push(...zeros(position - this.#counts.length + 1));
    this.#counts[position]!++;
  }

  /** Merges every `2 ** change` buckets into one. */
  downscale(change: number): void {
    if (this.#counts.length === 0) return;
    const first = this.#first >> change;
    const last = (this.#first + this.#counts.length - 1) >> change;
    const merged = zeros(last - first + 1);
    this.#counts.forEach(
      (count, position) => (merged[((this.#first + position) >> change) - first]! += count),
    );
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
