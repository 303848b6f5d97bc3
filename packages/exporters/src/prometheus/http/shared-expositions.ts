import { setTimeout as delay } from 'node:timers/promises';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';

import type { Negotiated } from './negotiate.ts';
import type { Exposition } from '../format/exposition.ts';
import { RenderedExposition } from './rendered-exposition.ts';

/** The page that a scraper asks for. */
export interface ExpositionRequest {
  readonly negotiated: Negotiated;
  readonly isCompressed: boolean;
  /** The names of `name[]`, or undefined for all. */
  readonly names: ReadonlySet<string> | undefined;
  /** How long the scraper waits, in milliseconds. */
  readonly timeoutMs: number;
}

/** Scrapes that are answered from one collection. */
interface Batch {
  readonly entries: Map<string, { readonly page: RenderedExposition; readonly request: ExpositionRequest }>;
  timeoutMs: number;
}

/** Collects the metrics of the process. */
export type Collect = (timeoutMs: number) => Promise<CollectionResult>;

const maxFilteredPages = 8;
const maxHeldPages = 16;
const maxHeldBytes = 64 * 1024 * 1024;
const minStallMs = 250;
const maxWaitMs = 500;
/** The part of a scraper's time that the collection may take. */
const collectionShare = 0.8;

/**
 * Makes pages for all who ask: scrapes that arrive while one is collected and rendered share the next collection, and those that ask for the
 * same share one page. One page is rendered at a time, and the pages that slow scrapers still hold are bounded.
 */
export class SharedExpositions {
  readonly #collect: Collect;
  readonly #pages: Exposition;
  readonly #held = new Set<RenderedExposition>();
  #next: Batch | undefined;
  #isRunning = false;
  #released = Promise.withResolvers<void>();

  constructor(collect: Collect, pages: Exposition) {
    this.#collect = collect;
    this.#pages = pages;
  }

  /** The page that is rendered next; undefined when too many different ones are asked for. The caller reads it at once. */
  join(request: ExpositionRequest): RenderedExposition | undefined {
    this.#next ??= { entries: new Map(), timeoutMs: 0 };
    const { entries } = this.#next;
    const key = requestKey(request);
    const existing = entries.get(key);
    this.#next.timeoutMs = Math.max(this.#next.timeoutMs, request.timeoutMs);
    if (existing !== undefined) return existing.page;
    if (request.names !== undefined) {
      const filtered = Array.from(entries.values()).filter((each) => each.request.names !== undefined);
      if (filtered.length >= maxFilteredPages) return undefined;
    }
    const page = new RenderedExposition(request.isCompressed, () => this.#release(page));
    entries.set(key, { page, request });
    if (!this.#isRunning) {
      this.#isRunning = true;
      // No scrape's context is that of the others.
      queueMicrotask(() => void context.with(ROOT_CONTEXT, () => this.#run()));
    }
    return page;
  }

  /** Makes the pages of one batch after the other. Never rejects. */
  async #run(): Promise<void> {
    for (let batch = this.#next; batch !== undefined; batch = this.#next) {
      this.#next = undefined;
      await this.#make(batch);
    }
    this.#isRunning = false;
  }

  async #make({ entries, timeoutMs }: Batch): Promise<void> {
    const wanted = Array.from(entries.values())
      .filter(({ page }) => !page.isAbandoned)
      .toSorted((a, b) => Number(a.request.names !== undefined) - Number(b.request.names !== undefined));
    if (wanted.length === 0) return;
    try {
      const { resourceMetrics } = await this.#collect(timeoutMs * collectionShare);
      for (const { page, request } of wanted) {
        if (page.isAbandoned) continue;
        await this.#makeRoom();
        this.#held.add(page);
        await page.render(this.#pages.render(resourceMetrics, request.negotiated, request.names));
      }
    } catch (error) {
      for (const { page } of wanted) page.fail(error);
    }
  }

  /** Waits a moment until a page more may be held; then readers lose theirs, the longest stalled first. */
  async #makeRoom(): Promise<void> {
    const deadlineMs = performance.now() + maxWaitMs;
    while (this.#isFull()) {
      const [stalest] = [...this.#held].toSorted((a, b) => a.lastProgressMs - b.lastProgressMs);
      if (stalest === undefined) return;
      const patienceMs = Math.min(deadlineMs, stalest.lastProgressMs + minStallMs) - performance.now();
      if (patienceMs > 0) {
        await Promise.race([this.#released.promise, delay(patienceMs)]);
      } else {
        this.#held.delete(stalest);
        stalest.cutReaders();
      }
    }
  }

  #isFull(): boolean {
    if (this.#held.size < 2) return false;
    let bytes = 0;
    for (const page of this.#held) bytes += page.bytes;
    return this.#held.size >= maxHeldPages || bytes >= maxHeldBytes;
  }

  #release(page: RenderedExposition): void {
    this.#held.delete(page);
    this.#released.resolve();
    this.#released = Promise.withResolvers<void>();
  }
}

function requestKey({ negotiated, isCompressed, names }: ExpositionRequest): string {
  const filter = names === undefined ? '' : JSON.stringify([...names]);
  return `${isCompressed} ${negotiated.contentType} ${negotiated.escaping} ${filter}`;
}
