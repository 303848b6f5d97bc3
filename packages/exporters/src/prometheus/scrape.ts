import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { Resource } from '@opentelemetry/resources';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';

import type { NoticeBoard } from '../notice.ts';
import { Gate } from './authentication.ts';
import { acceptsGzip, negotiate, type Negotiated } from './negotiate.ts';
import type { ResolvedPrometheusOptions } from './options.ts';
import { PageStream } from './page-stream.ts';
import { Pages } from './pages.ts';

/** Answers scrapes: authenticates, negotiates, collects, then writes the page in slices so that the event loop stays free. */
export class Scraper {
  readonly #collect: () => Promise<CollectionResult>;
  readonly #notices: NoticeBoard;
  readonly #pages: Pages;
  readonly #gate: Gate | undefined;

  constructor(
    collect: () => Promise<CollectionResult>,
    options: ResolvedPrometheusOptions,
    notices: NoticeBoard,
  ) {
    this.#collect = collect;
    this.#notices = notices;
    this.#pages = new Pages(options, notices);
    this.#gate = options.authentication === undefined ? undefined : new Gate(options.authentication);
  }

  /** Never rejects: a fault ends the response. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.#isRefused(request, response)) return;
      const negotiated = negotiate(request.headers.accept);
      response.setHeader('vary', 'accept, accept-encoding');
      if (request.method === 'HEAD') {
        response.writeHead(200, { 'content-type': negotiated.contentType }).end();
        return;
      }
      const collected = await this.#collected(response);
      if (collected !== undefined) await this.#writePage(request, response, collected, negotiated);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  #isRefused(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#gate !== undefined && !this.#gate.admits(request.headers.authorization)) {
      response.setHeader('www-authenticate', this.#gate.challenge);
      answerText(response, 401, 'authentication is needed');
      return true;
    }
    if (request.method === 'GET' || request.method === 'HEAD') return false;
    response.setHeader('allow', 'GET, HEAD');
    answerText(response, 405, 'only GET and HEAD are answered here');
    return true;
  }

  async #collected(response: ServerResponse): Promise<CollectionResult | undefined> {
    try {
      const collected = await this.#collect();
      await resolved(collected.resourceMetrics.resource);
      for (const error of collected.errors) {
        this.#notices.once(`callback ${String(error)}`, {
          code: 'SONDE_METRIC_CALLBACK_FAILED',
          message: `a metric's callback failed, its series are missing: ${String(error)}`,
        });
      }
      return collected;
    } catch (error) {
      answerText(response, 503, `metrics cannot be collected: ${String(error)}`);
      return undefined;
    }
  }

  async #writePage(
    request: IncomingMessage,
    response: ServerResponse,
    collected: CollectionResult,
    negotiated: Negotiated,
  ): Promise<void> {
    const page = this.#pages.page(collected.resourceMetrics, negotiated, request.url ?? '');
    response.setHeader('content-type', negotiated.contentType);
    const stream = new PageStream(page);
    if (acceptsGzip(request.headers['accept-encoding'])) {
      const { constants, createGzip } = process.getBuiltinModule('node:zlib');
      response.setHeader('content-encoding', 'gzip');
      await pipeline(stream, createGzip({ level: constants.Z_BEST_SPEED }), response);
    } else {
      await pipeline(stream, response);
    }
  }

  #fail(response: ServerResponse, error: unknown): void {
    const isAborted =
      error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (isAborted) return;
    this.#notices.once('scrape', {
      code: 'SONDE_PROMETHEUS_SCRAPE_FAILED',
      message: `a scrape could not be answered: ${String(error)}`,
    });
    if (response.headersSent) response.destroy();
    else answerText(response, 503, `the page cannot be written: ${String(error)}`);
  }
}

/** Waits for what detectors find out about the resource, but not for ever. */
async function resolved(resource: Resource): Promise<void> {
  if (resource.asyncAttributesPending !== true) return;
  const waiting = new AbortController();
  const timer = delay(resourceTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined);
  await Promise.race([resource.waitForAsyncAttributes?.(), timer]);
  waiting.abort();
}

const resourceTimeoutMs = 1000;

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
