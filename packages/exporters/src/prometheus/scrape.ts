import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import type { CollectionResult } from '@opentelemetry/sdk-metrics';

import type { NoticeBoard } from '../notice.ts';
import type { Catalog } from './catalog.ts';
import { Losses } from './losses.ts';
import { PageStream } from './page-stream.ts';
import { textPage } from './text.ts';

/** Answers scrapes: collects, then writes the page in slices so that the event loop stays free. */
export class Scraper {
  readonly #collect: () => Promise<CollectionResult>;
  readonly #catalog: Catalog;
  readonly #notices: NoticeBoard;

  constructor(collect: () => Promise<CollectionResult>, catalog: Catalog, notices: NoticeBoard) {
    this.#collect = collect;
    this.#catalog = catalog;
    this.#notices = notices;
  }

  /** Never rejects: a fault ends the response. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD');
        answerText(response, 405, 'only GET and HEAD are answered here');
        return;
      }
      const collected = await this.#collected(response);
      if (collected !== undefined) await this.#writePage(request, response, collected);
    } catch (error) {
      if (request.destroyed || response.destroyed) return;
      this.#notices.once('scrape', {
        code: 'SONDE_PROMETHEUS_SCRAPE_FAILED',
        message: `a scrape could not be answered: ${String(error)}`,
      });
      response.destroy();
    }
  }

  async #collected(response: ServerResponse): Promise<CollectionResult | undefined> {
    try {
      const collected = await this.#collect();
      await collected.resourceMetrics.resource.waitForAsyncAttributes?.();
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
    { resourceMetrics }: CollectionResult,
  ): Promise<void> {
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const losses = new Losses(this.#notices);
    const families = this.#catalog.families(resourceMetrics, losses);
    await pipeline(new PageStream(textPage(families, 'text', losses)), response);
  }
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
