import type { TestContext } from 'node:test';

/** A seeded source of choices. The seed is printed, and taken from SONDE_FUZZ_SEED to see a failure again. */
export interface Random {
  /** An integer from 0 to below `limit`. */
  below(limit: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

export function seededRandom(t: TestContext): Random {
  let state = Number(process.env.SONDE_FUZZ_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]) >>> 0;
  t.diagnostic(`SONDE_FUZZ_SEED=${state}`);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}
