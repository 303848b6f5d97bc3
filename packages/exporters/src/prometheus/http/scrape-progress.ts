import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendBusy } from './plain-response.ts';

const defaultTimeoutMs = 10_000;
const maxTimeoutMs = 60_000;

/** How long the scraper waits, by `X-Prometheus-Scrape-Timeout-Seconds`; undefined when it does not say. */
function requestedTimeoutMs({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['x-prometheus-scrape-timeout-seconds']);
  return seconds > 0 ? Math.min(seconds * 1000, maxTimeoutMs) : undefined;
}

/**
 * Follows one scrape and ends it when the scraper is gone, when its time is over, or when it does not read. The time is the scraper's own where
 * it names one, 60 seconds at most; without a name of it, a response that is not read for ten seconds is cut.
 */
export class ScrapeProgress {
  readonly #response: ServerResponse;
  readonly #stallMs: number;
  readonly #deadline: NodeJS.Timeout;
  readonly #over = Promise.withResolvers<void>();
  /** How long the scraper waits for the page, in milliseconds. */
  readonly timeoutMs: number;
  /** Since when the scraper has not read, by `performance.now()`; undefined while it waits for us. */
  blockedSinceMs: number | undefined;
  /** Whether the response has ended, one way or the other. */
  isOver = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    const askedMs = requestedTimeoutMs(request);
    this.timeoutMs = askedMs ?? defaultTimeoutMs;
    this.#stallMs = Math.min(this.timeoutMs, defaultTimeoutMs);
    this.#deadline = setTimeout(this.cut, askedMs ?? maxTimeoutMs).unref();
    response.once('close', this.#end);
  }

  /** Ends the scrape: refuses it while nothing of the page is sent, and closes the connection after that. */
  readonly cut = (): void => {
    if (this.isOver) return;
    this.#end();
    if (this.#response.headersSent) this.#response.destroy();
    else sendBusy(this.#response);
  };

  /** Resolves with the promise, or when the scrape is over. */
  async until(promise: Promise<unknown>): Promise<void> {
    await Promise.race([promise, this.#over.promise]);
  }

  /** Resolves when the scraper has read, or the scrape is over. */
  async drained(response: ServerResponse): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve);
    await this.#unlessStalled(promise);
    response.off('drain', resolve);
  }

  /** Ends the response; resolves when all of it is handed to the system, or the scrape is over. */
  async finished(response: ServerResponse): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    response.end(resolve);
    await this.#unlessStalled(promise);
    this.#end();
  }

  async #unlessStalled(promise: Promise<void>): Promise<void> {
    this.blockedSinceMs = performance.now();
    const timer = setTimeout(this.cut, this.#stallMs).unref();
    await this.until(promise);
    clearTimeout(timer);
    this.blockedSinceMs = undefined;
  }

  readonly #end = (): void => {
    this.isOver = true;
    clearTimeout(this.#deadline);
    this.#response.off('close', this.#end);
    this.#over.resolve();
  };
}
