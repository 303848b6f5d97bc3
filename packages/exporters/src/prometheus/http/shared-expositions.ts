import { setTimeout as delay } from 'node:timers/promises';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';

import type { Negotiated } from './negotiate.ts';
import type { Exposition } from '../format/exposition.ts';
import { RenderedExposition } from './rendered-exposition.ts';

/** The exposition that a scraper requests. */
export interface ExpositionRequest {
  readonly negotiated: Negotiated;
  readonly isCompressed: boolean;
  /** The names of `name[]`, or undefined for all. */
  readonly names: ReadonlySet<string> | undefined;
  /** How long the scraper waits, in milliseconds. */
  readonly timeoutMs: number;
}

/** Requests that are served from one collection. */
interface Batch {
  readonly entries: Map<
    string,
    { readonly rendered: RenderedExposition; readonly request: ExpositionRequest }
  >;
  timeoutMs: number;
}

/** Collects the metrics of the process. */
export type Collect = (timeoutMs: number) => Promise<CollectionResult>;

const maxFilteredExpositions = 8;
const maxHeldExpositions = 16;
const maxHeldBytes = 64 * 1024 * 1024;
const minStallMs = 250;
const maxWaitMs = 250;
/** The share of a scraper's timeout that the collection may use. */
const collectionShare = 0.8;

/**
 * Shares collections and expositions between scrapes: scrapes that arrive during a collection share the next one, and equal
 * requests share one exposition. Expositions are rendered one at a time, and those held for slow scrapers are limited.
 */
export class SharedExpositions {
  readonly #collect: Collect;
  readonly #exposition: Exposition;
  readonly #held = new Set<RenderedExposition>();
  #next: Batch | undefined;
  #isRunning = false;
  #released = Promise.withResolvers<void>();

  constructor(collect: Collect, exposition: Exposition) {
    this.#collect = collect;
    this.#exposition = exposition;
  }

  /** The next exposition for a request, to be read immediately; undefined if there are too many different requests. */
  join(request: ExpositionRequest): RenderedExposition | undefined {
    this.#next ??= { entries: new Map(), timeoutMs: 0 };
    const { entries } = this.#next;
    const key = requestKey(request);
    const existing = entries.get(key);
    this.#next.timeoutMs = Math.max(this.#next.timeoutMs, request.timeoutMs);
    if (existing !== undefined) return existing.rendered;
    if (request.names !== undefined) {
      const filtered = Array.from(entries.values()).filter((each) => each.request.names !== undefined);
      if (filtered.length >= maxFilteredExpositions) return undefined;
    }
    const rendered = new RenderedExposition(request.isCompressed, () => this.#release(rendered));
    entries.set(key, { rendered, request });
    if (!this.#isRunning) {
      this.#isRunning = true;
      // The scrapes of a batch have different contexts.
      queueMicrotask(() => void context.with(ROOT_CONTEXT, () => this.#run()));
    }
    return rendered;
  }

  /** Serves one batch after another. Never rejects. */
  async #run(): Promise<void> {
    for (let batch = this.#next; batch !== undefined; batch = this.#next) {
      this.#next = undefined;
      await this.#serve(batch);
    }
    this.#isRunning = false;
  }

  async #serve({ entries, timeoutMs }: Batch): Promise<void> {
    const wanted = Array.from(entries.values())
      .filter(({ rendered }) => !rendered.isAbandoned)
      .toSorted((a, b) => Number(a.request.names !== undefined) - Number(b.request.names !== undefined));
    if (wanted.length === 0) return;
    try {
      let { resourceMetrics } = await this.#collect(timeoutMs * collectionShare);
      for (const { rendered, request } of wanted) {
        if (request.names !== undefined && (await this.#serveUnfiltered())) {
          ({ resourceMetrics } = await this.#collect(timeoutMs * collectionShare));
        }
        if (rendered.isAbandoned) continue;
        await this.#makeRoom();
        this.#held.add(rendered);
        await rendered.render(this.#exposition.render(resourceMetrics, request.negotiated, request.names));
      }
    } catch (error) {
      for (const { rendered } of wanted) rendered.fail(error);
    }
  }

  /** Serves the waiting requests for all metrics: several filtered expositions take longer than a scraper waits. */
  async #serveUnfiltered(): Promise<boolean> {
    const next = this.#next;
    if (next === undefined) return false;
    const unfiltered = new Map([...next.entries].filter(([, { request }]) => request.names === undefined));
    if (unfiltered.size === 0) return false;
    for (const key of unfiltered.keys()) next.entries.delete(key);
    await this.#serve({ entries: unfiltered, timeoutMs: next.timeoutMs });
    return true;
  }

  /** Waits briefly until another exposition may be held, then aborts readers, the longest stalled first. */
  async #makeRoom(): Promise<void> {
    const deadlineMs = performance.now() + maxWaitMs;
    while (this.#isFull()) {
      const [longestStalled] = [...this.#held].toSorted((a, b) => a.lastProgressMs - b.lastProgressMs);
      if (longestStalled === undefined) return;
      const remainingMs =
        Math.min(deadlineMs, longestStalled.lastProgressMs + minStallMs) - performance.now();
      if (remainingMs > 0) {
        await Promise.race([this.#released.promise, delay(remainingMs)]);
      } else {
        this.#held.delete(longestStalled);
        longestStalled.abortReaders();
      }
    }
  }

  #isFull(): boolean {
    if (this.#held.size < 2) return false;
    let bytes = 0;
    for (const rendered of this.#held) bytes += rendered.bytes;
    return this.#held.size >= maxHeldExpositions || bytes >= maxHeldBytes;
  }

  #release(rendered: RenderedExposition): void {
    this.#held.delete(rendered);
    this.#released.resolve();
    this.#released = Promise.withResolvers<void>();
  }
}

function requestKey({ negotiated, isCompressed, names }: ExpositionRequest): string {
  const filter = names === undefined ? '' : JSON.stringify([...names]);
  return `${isCompressed} ${negotiated.contentType} ${negotiated.escaping} ${filter}`;
}
