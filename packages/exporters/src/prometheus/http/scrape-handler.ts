import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import type { Resource } from '@opentelemetry/resources';
import type { CollectionResult, ResourceMetrics } from '@opentelemetry/sdk-metrics';

import { Authenticator } from './authenticator.ts';
import { acceptsGzip, negotiate, requestedNames } from './negotiate.ts';
import type { ResolvedPrometheusOptions } from '../options.ts';
import { Exposition } from '../format/exposition.ts';
import { htmlHeaders } from '../format/html.ts';
import { sendBusy, sendText } from './plain-response.ts';
import { ScrapeProgress } from './scrape-progress.ts';
import { ScrapeSlots } from './scrape-slots.ts';
import { type Collect, SharedExpositions } from './shared-expositions.ts';
import { errorText, type NoticeBoard } from '@sonde/sdk';

/** Handles scrapes: authenticates, negotiates the format, and sends an exposition that concurrent scrapes share. */
export class ScrapeHandler {
  readonly #collect: Collect;
  readonly #notices: NoticeBoard;
  readonly #exposition: Exposition;
  readonly #expositions: SharedExpositions;
  readonly #slots = new ScrapeSlots();
  readonly #authenticator: Authenticator | undefined;
  #isResourceAwaited = false;

  constructor(collect: Collect, options: ResolvedPrometheusOptions, notices: NoticeBoard) {
    this.#collect = collect;
    this.#notices = notices;
    this.#exposition = new Exposition(options, notices);
    this.#expositions = new SharedExpositions((timeoutMs) => this.#collectOnce(timeoutMs), this.#exposition);
    this.#authenticator =
      options.authentication === undefined ? undefined : new Authenticator(options.authentication);
  }

  /** Renders the metrics in the text format. */
  *renderText(metrics: ResourceMetrics): Generator<string, void> {
    const parts = this.#exposition.render(metrics, { format: 'text', escaping: 'underscores' }, undefined);
    for (let part = parts.next(); part.done !== true; part = parts.next())
      if (typeof part.value === 'string') yield part.value;
  }

  /** Never rejects: an error ends the response. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.#rejects(request, response)) return;
      response.setHeader('vary', 'accept, accept-encoding');
      if (request.method === 'HEAD') {
        const { contentType } = negotiate(request.headers.accept);
        response.writeHead(200, { 'content-type': contentType }).end();
        return;
      }
      const progress = new ScrapeProgress(request, response);
      try {
        if (await this.#slots.acquire(progress)) await this.#sendExposition(request, response, progress);
        else progress.abort();
      } finally {
        this.#slots.release(progress);
      }
    } catch (error) {
      this.#fail(response, error);
    }
  }

  #rejects(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#authenticator !== undefined && !this.#authenticator.verify(request.headers.authorization)) {
      response.setHeader('www-authenticate', this.#authenticator.challenge);
      sendText(response, 401, 'authentication required');
      return true;
    }
    if (request.method === 'GET' || request.method === 'HEAD') return false;
    response.setHeader('allow', 'GET, HEAD');
    sendText(response, 405, 'method not allowed; use GET or HEAD');
    return true;
  }

  async #sendExposition(
    request: IncomingMessage,
    response: ServerResponse,
    progress: ScrapeProgress,
  ): Promise<void> {
    const negotiated = negotiate(request.headers.accept);
    const isCompressed = acceptsGzip(request.headers['accept-encoding']);
    const names = requestedNames(request.url ?? '');
    const exposition = this.#expositions.join({
      negotiated,
      isCompressed,
      names,
      timeoutMs: progress.timeoutMs,
    });
    if (exposition === undefined) {
      sendBusy(response);
      return;
    }
    response.setHeader('content-type', negotiated.contentType);
    if (negotiated.format === 'html') response.setHeaders(new Map(Object.entries(htmlHeaders)));
    if (isCompressed) response.setHeader('content-encoding', 'gzip');
    await exposition.sendTo(response, progress);
  }

  async #collectOnce(timeoutMs: number): Promise<CollectionResult> {
    const collected = await withDeadline(this.#collect(timeoutMs), timeoutMs * 1.1);
    await this.#awaitResource(collected.resourceMetrics.resource);
    for (const error of collected.errors) {
      const text = errorText(error);
      this.#notices.reportOnce(`callback ${text}`, {
        code: 'SONDE_METRIC_CALLBACK_FAILED',
        message: `callback of an observable instrument failed, its series are missing: ${text}`,
      });
    }
    return collected;
  }

  /** Waits once, for a limited time, for the asynchronous attributes of the resource. */
  async #awaitResource(resource: Resource): Promise<void> {
    if (resource.asyncAttributesPending !== true || this.#isResourceAwaited) return;
    this.#isResourceAwaited = true;
    const waiting = new AbortController();
    const timer = delay(resourceTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([resource.waitForAsyncAttributes?.(), timer]);
    waiting.abort();
  }

  #fail(response: ServerResponse, error: unknown): void {
    const text = errorText(error);
    this.#notices.reportOnce(`scrape ${text}`, {
      code: 'SONDE_PROMETHEUS_SCRAPE_FAILED',
      message: `failed to serve a scrape: ${text}`,
    });
    if (response.headersSent) response.destroy();
    else sendText(response, 503, 'failed to collect metrics');
  }
}

const resourceTimeoutMs = 1000;

async function withDeadline<Result>(promise: Promise<Result>, timeoutMs: number): Promise<Result> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`collection exceeded ${Math.round(timeoutMs)} ms`));
  }, timeoutMs).unref();
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
