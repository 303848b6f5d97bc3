import type { IncomingMessage, ServerResponse } from 'node:http';

import { PrometheusExporter as UpstreamExporter } from '@opentelemetry/exporter-prometheus';

import { NoticeBoard } from '../notice.ts';
import { Catalog } from './catalog.ts';
import {
  checkPrometheusOptions,
  resolvePrometheusOptions,
  type PrometheusOptions,
  type ResolvedPrometheusOptions,
} from './options.ts';
import { Scraper } from './scrape.ts';
import { MetricsServer } from './server.ts';

/** How the start of the server went. */
export type ServerStart = { readonly url: string } | { readonly error: Error };

/**
 * Serves a MeterProvider's metrics to Prometheus: a reader for `new MeterProvider({ readers: [...] })` with a server of its own.
 * The server starts at once unless `preventServerStart` is set, on the loopback address, and never keeps the process alive.
 * A port that is taken is one notice, not an error.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/
 * @throws SondeConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * const exporter = new PrometheusExporter({ port: 9464 });
 * const provider = new MeterProvider({ readers: [exporter] });
 * const start = await exporter.ready();
 * console.log('url' in start ? start.url : start.error.message);
 * ```
 */
export class PrometheusExporter extends UpstreamExporter {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #scraper: Scraper;
  #server: MetricsServer | undefined;
  #start: Promise<ServerStart> | undefined;

  constructor(options: PrometheusOptions = {}) {
    checkPrometheusOptions(options);
    const notices = new NoticeBoard(options.onNotice);
    const resolved = resolvePrometheusOptions(options, notices);
    super({ preventServerStart: true, metricProducers: resolved.metricProducers });
    this.#notices = notices;
    this.#options = resolved;
    this.#scraper = new Scraper(() => this.collect(), new Catalog(resolved), notices);
    if (!resolved.preventServerStart) void this.ready();
  }

  /** Starts the server if it was not started, and tells where it listens, or why it does not. Never rejects. */
  ready(): Promise<ServerStart> {
    this.#start ??= this.#listen();
    return this.#start;
  }

  /** The most attribute sets of one instrument between two scrapes. */
  override selectCardinalityLimit(): number {
    return this.#options.cardinalityLimit;
  }

  /** Starts the server if it was not started. Never rejects: a port that is taken is one notice. */
  override async startServer(): Promise<void> {
    await this.ready();
  }

  /** Closes the server; a second call does nothing. */
  override async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#start = undefined;
    await server?.close();
  }

  /** Answers a request with the page, whatever its path: to be mounted in any server. */
  override getMetricsRequestHandler(request: IncomingMessage, response: ServerResponse): void {
    void this.#scraper.answer(request, response);
  }

  async #listen(): Promise<ServerStart> {
    const { host, port } = this.#options;
    const server = new MetricsServer(this.#options, (request, response) =>
      this.getMetricsRequestHandler(request, response),
    );
    this.#server = server;
    try {
      return { url: await server.listen() };
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#notices.tell({
        code: 'SONDE_PROMETHEUS_LISTEN_FAILED',
        message: `metrics are not served: ${host}:${port} cannot be listened on (${error.message}). Free the port or choose another one`,
      });
      return { error };
    }
  }
}
