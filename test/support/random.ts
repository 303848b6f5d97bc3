import type { TestContext } from 'node:test';

/** A seeded source of random choices: the same seed gives the same choices. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to below 1. */
  next(): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True in one of `of` cases. */
  once(of: number): boolean {
    return this.below(of) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Up to `most` results of `make`. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

/** Prints the seed of a test, which `SONDE_FUZZ_SEED` sets to repeat a failure. */
export function seededRandom(t: TestContext): Random {
  const seed = Number(process.env['SONDE_FUZZ_SEED'] ?? crypto.getRandomValues(new Uint32Array(1))[0]) >>> 0;
  t.diagnostic(`SONDE_FUZZ_SEED=${seed}`);
  return new Random(seed);
}
