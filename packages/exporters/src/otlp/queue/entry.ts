import type { Lane } from './lane.ts';
import type { LaneOptions } from './request-queue.ts';

/** A lane and its options. */
export interface Entry {
  readonly lane: Lane;
  readonly options: LaneOptions;
  isClosed: boolean;
}

/** Selects the next lane that can send, in round-robin order. */
export class RoundRobin {
  readonly #entries: readonly Entry[];
  #index = 0;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  next(): Entry | undefined {
    const { length } = this.#entries;
    for (let offset = 0; offset < length; offset++) {
      const index = (this.#index + offset) % length;
      const entry = this.#entries[index];
      if (entry?.lane.isReady !== true) continue;
      this.#index = (index + 1) % length;
      return entry;
    }
    return undefined;
  }
}

/**
 * Returns the time until the next attempt or replay, in milliseconds, and whether a waiting request keeps the process alive.
 *
 * @param replayInMs the time until the next replay; 0 for none
 */
export function findWakeUp(
  entries: readonly Entry[],
  replayInMs: number,
): { readonly waitMs: number; readonly isKeptAlive: boolean } {
  // Processes that have ended may have left requests in the spool.
  let waitMs = replayInMs > 0 ? replayInMs : Infinity;
  let isKeptAlive = false;
  for (const { lane, options } of entries) {
    const { oldest, opensInMs } = lane;
    if (oldest === undefined || opensInMs === 0 || lane.isAttemptUseless || lane.isPaused) continue;
    waitMs = Math.min(waitMs, opensInMs);
    if (!options.unref && performance.now() - oldest.addedAtMs < options.timeoutMs) isKeptAlive = true;
  }
  return { waitMs, isKeptAlive };
}
