import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendBusy } from './plain-response.ts';

const defaultTimeoutMs = 10_000;
const maxTimeoutMs = 60_000;

/** The timeout in the scraper's `X-Prometheus-Scrape-Timeout-Seconds` header, if there is one. */
function requestedTimeoutMs({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['x-prometheus-scrape-timeout-seconds']);
  return seconds > 0 ? Math.min(seconds * 1000, maxTimeoutMs) : undefined;
}

/**
 * Tracks one scrape, and aborts it when its timeout expires or the scraper stops reading. The timeout is the scraper's own, up
 * to 60 seconds; a response that is not read for ten seconds is aborted.
 */
export class ScrapeProgress {
  readonly #response: ServerResponse;
  readonly #stallTimeoutMs: number;
  readonly #deadline: NodeJS.Timeout;
  readonly #over = Promise.withResolvers<void>();
  /** How long the scraper waits, in milliseconds. */
  readonly timeoutMs: number;
  /** Since when the scraper has not read, by `performance.now()`; undefined while it waits for data. */
  blockedSinceMs: number | undefined;
  /** Whether the response has ended or was aborted. */
  isOver = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    const requestedMs = requestedTimeoutMs(request);
    this.timeoutMs = requestedMs ?? defaultTimeoutMs;
    this.#stallTimeoutMs = Math.min(this.timeoutMs, defaultTimeoutMs);
    this.#deadline = setTimeout(this.abort, requestedMs ?? maxTimeoutMs).unref();
    response.once('close', this.#end);
  }

  /** Aborts the scrape: with a 503 if no headers were sent, otherwise by closing the connection. */
  readonly abort = (): void => {
    if (this.isOver) return;
    this.#end();
    if (this.#response.headersSent) this.#response.destroy();
    else sendBusy(this.#response);
  };

  /** Resolves when the promise settles or the scrape is over. */
  async until(promise: Promise<unknown>): Promise<void> {
    await Promise.race([promise, this.#over.promise]);
  }

  /** Resolves when the scraper has read the pending data or the scrape is over. */
  async drained(response: ServerResponse): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve);
    await this.#unlessStalled(promise);
    response.off('drain', resolve);
  }

  /** Ends the response; resolves when it is flushed to the operating system or the scrape is over. */
  async finished(response: ServerResponse): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    response.end(resolve);
    await this.#unlessStalled(promise);
    this.#end();
  }

  async #unlessStalled(promise: Promise<void>): Promise<void> {
    this.blockedSinceMs = performance.now();
    const timer = setTimeout(this.abort, this.#stallTimeoutMs).unref();
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
