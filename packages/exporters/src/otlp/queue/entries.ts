import type { Lane } from './lane.ts';
import type { LaneOptions } from './request-queue.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** A lane and its options. */
export interface Entry {
  readonly lane: Lane;
  readonly options: LaneOptions;
  isClosed: boolean;
}

/** The share of the queue that is reserved for each signal. */
const guaranteedShare = 1 / 4;

/** The lanes of a queue. */
export class Entries {
  readonly list: Entry[] = [];
  #index = 0;

  /** The size of all requests, in bytes. */
  get bytes(): number {
    return this.list.reduce((sum, { lane }) => sum + lane.bytes, 0);
  }

  add(lane: Lane, options: LaneOptions): Entry {
    const entry: Entry = { lane, options, isClosed: false };
    this.list.push(entry);
    return entry;
  }

  remove(entry: Entry): void {
    this.list.splice(this.list.indexOf(entry), 1);
  }

  /** Returns the next lane that can send, in round-robin order. */
  next(): Entry | undefined {
    const { length } = this.list;
    for (let offset = 0; offset < length; offset++) {
      const index = (this.#index + offset) % length;
      const entry = this.list[index];
      if (entry?.lane.isReady !== true) continue;
      this.#index = (index + 1) % length;
      return entry;
    }
    return undefined;
  }

  /**
   * Returns the entry whose oldest request is dropped for a new one: the entry of the new one, unless that is within its
   * share.
   */
  fullest(entry: Entry, sizeBytes: number, maxBytes: number): Entry | undefined {
    if (entry.lane.bytes + sizeBytes > maxBytes * guaranteedShare) return entry;
    const full = this.list.filter(({ lane }) => lane.hasWaiting);
    return full.toSorted((first, second) => second.lane.bytes - first.lane.bytes)[0];
  }

  /** Returns the open entry of a request. */
  find({ endpoint, signal }: Pick<WaitingRequest, 'endpoint' | 'signal'>): Entry | undefined {
    return this.list.find(
      ({ options, isClosed }) =>
        !isClosed && options.transport.endpoint === endpoint && options.signal === signal,
    );
  }
}

/**
 * Returns the time until the next attempt or replay, in milliseconds, and whether a waiting request keeps the process alive.
 * A delay may end between a check of `isReady` and this call, so a request that is ready needs a wake-up, too.
 *
 * @param replayInMs the time until the next replay; `Infinity` for none
 */
export function findWakeUp(
  entries: readonly Entry[],
  replayInMs: number,
): { readonly waitMs: number; readonly isKeptAlive: boolean } {
  // Processes that have ended may have left requests in the spool.
  let waitMs = Math.max(replayInMs, findOpening(entries));
  let isKeptAlive = false;
  for (const { lane, options } of entries) {
    const { oldest, opensInMs } = lane;
    if (oldest === undefined || lane.isAttemptUseless || lane.isPaused) continue;
    // The end of an attempt in flight wakes a lane whose requests wait for it.
    if (opensInMs === 0 && !lane.isReady) continue;
    waitMs = Math.min(waitMs, opensInMs);
    if (!options.unref && performance.now() - oldest.addedAtMs < options.timeoutMs) isKeptAlive = true;
  }
  return { waitMs, isKeptAlive };
}

/** Returns the time until a lane can send a replayed request, in milliseconds; `Infinity` if attempts in flight decide. */
function findOpening(entries: readonly Entry[]): number {
  let opensInMs = Infinity;
  for (const { lane, isClosed } of entries) {
    if (isClosed || lane.isPaused || lane.isAttemptUseless) continue;
    if (lane.opensInMs > 0 || lane.isOpen) opensInMs = Math.min(opensInMs, lane.opensInMs);
  }
  return opensInMs;
}
