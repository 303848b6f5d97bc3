import type { ScrapeProgress } from './scrape-progress.ts';

const maxScrapes = 256;
const maxWaiting = 512;
const maxWaitMs = 2000;
const checkIntervalMs = 50;
/** Longer than a scraper on a slow connection is blocked between two reads. */
const minStallMs = 500;

/**
 * Limits concurrent scrapes. If all slots are in use, a scrape waits briefly: slots of scrapers that do not read are reclaimed
 * for those that wait, the longest stalled first.
 */
export class ScrapeSlots {
  readonly #holders = new Set<ScrapeProgress>();
  readonly #waiting = new Map<ScrapeProgress, (isAdmitted: boolean) => void>();
  #checkTimer: NodeJS.Timeout | undefined;

  /** Resolves with whether the scrape has a slot, which `release` returns. */
  async acquire(progress: ScrapeProgress): Promise<boolean> {
    if (this.#holders.size < maxScrapes) {
      this.#holders.add(progress);
      return true;
    }
    if (this.#waiting.size >= maxWaiting) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(progress, resolve);
    this.#abortStalled();
    const timer = setTimeout(() => resolve(false), maxWaitMs).unref();
    await progress.until(promise);
    clearTimeout(timer);
    this.#waiting.delete(progress);
    return this.#holders.has(progress);
  }

  release(progress: ScrapeProgress): void {
    this.#holders.delete(progress);
    for (const [next, admit] of this.#waiting) {
      if (this.#holders.size >= maxScrapes) return;
      this.#waiting.delete(next);
      this.#holders.add(next);
      admit(true);
    }
  }

  /** Aborts stalled scrapes while others wait. */
  #abortStalled(): void {
    clearTimeout(this.#checkTimer);
    if (this.#waiting.size === 0) return;
    const stalledBefore = performance.now() - minStallMs;
    const stalled = [...this.#holders]
      .filter(({ blockedSinceMs = Infinity }) => blockedSinceMs <= stalledBefore)
      .toSorted((a, b) => (a.blockedSinceMs ?? 0) - (b.blockedSinceMs ?? 0))
      .slice(0, this.#waiting.size);
    for (const progress of stalled) progress.abort();
    this.#checkTimer = setTimeout(() => this.#abortStalled(), checkIntervalMs).unref();
  }
}
