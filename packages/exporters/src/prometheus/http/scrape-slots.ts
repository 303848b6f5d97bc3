import type { ScrapeProgress } from './scrape-progress.ts';

const maxScrapes = 256;
const maxWaiting = 512;
const maxWaitMs = 2000;
const checkIntervalMs = 50;
/** A scraper on a slow line is blocked again and again, but not for as long as this. */
const minStallMs = 500;

/**
 * Bounds the scrapes under way. A scrape that finds every slot taken waits a moment: the slots of scrapers that do not read go to those who wait,
 * the longest stalled first.
 */
export class ScrapeSlots {
  readonly #holders = new Set<ScrapeProgress>();
  readonly #waiting = new Map<ScrapeProgress, (isAdmitted: boolean) => void>();
  #check: NodeJS.Timeout | undefined;

  /** Resolves with whether the scrape got a slot; `release` gives it back. */
  async acquire(progress: ScrapeProgress): Promise<boolean> {
    if (this.#holders.size < maxScrapes) {
      this.#holders.add(progress);
      return true;
    }
    if (this.#waiting.size >= maxWaiting) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(progress, resolve);
    this.#cutStalled();
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

  /** Makes room for those who wait, now and as long as somebody waits. */
  #cutStalled(): void {
    clearTimeout(this.#check);
    if (this.#waiting.size === 0) return;
    const stalledBefore = performance.now() - minStallMs;
    const stalled = [...this.#holders]
      .filter(({ blockedSinceMs = Infinity }) => blockedSinceMs <= stalledBefore)
      .toSorted((a, b) => (a.blockedSinceMs ?? 0) - (b.blockedSinceMs ?? 0))
      .slice(0, this.#waiting.size);
    for (const progress of stalled) progress.cut();
    this.#check = setTimeout(() => this.#cutStalled(), checkIntervalMs).unref();
  }
}
