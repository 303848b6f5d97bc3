import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isMainThread } from 'node:worker_threads';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { PrometheusExporter as UpstreamExporter } from '@opentelemetry/exporter-prometheus';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';

import { ClusterGroup } from '../cluster/cluster-group.ts';

import {
  checkPrometheusOptions,
  resolvePrometheusOptions,
  type PrometheusExporterOptions,
  type ResolvedPrometheusOptions,
} from './options.ts';
import { ScrapeHandler } from './http/scrape-handler.ts';
import { MetricsServer } from './http/metrics-server.ts';
import { collectNow, errorText, NoticeBoard, SondeConfigError, suppressed } from '@sonde/sdk';

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
  readonly #scraper: ScrapeHandler;
  readonly #server: MetricsServer;
  readonly #group: ClusterGroup;
  #start: Promise<ServerStart> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  #collectedMs = 0;
  readonly #idle: NodeJS.Timeout;

  constructor(options: PrometheusExporterOptions = {}) {
    checkPrometheusOptions(options);
    const notices = new NoticeBoard(options.onNotice);
    const resolved = resolvePrometheusOptions(options, notices);
    super({ preventServerStart: true, metricProducers: resolved.metricProducers });
    this.#notices = notices;
    this.#options = resolved;
    this.#server = createMetricsServer(resolved, this.handler, notices);
    this.#group = new ClusterGroup({
      port: resolved.port,
      gaugeAggregation: resolved.clusterGaugeAggregation,
      deadlineMs: resolved.clusterTimeoutMs,
      pushIntervalMs: resolved.clusterPushIntervalMs,
      retryIntervalMs: resolved.retryIntervalMs,
      notices,
      collect: (timeoutMs) => this.collect(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
      collectNow: () => collectNow(this),
      open: () => this.#server.listen(),
      url: () => this.#url(),
    });
    this.#scraper = new ScrapeHandler((timeoutMs) => this.#group.collect(timeoutMs), resolved, notices);
    // The SDK keeps what a reader with views has not collected: a page that nobody reads must not let it grow.
    this.#idle = setInterval(() => void this.#collectIfIdle(), idleIntervalMs).unref();
    if (!resolved.preventServerStart) void this.ready();
  }

  /** Answers a request with the page, whatever its path: to be mounted in any server of `node:http`. Never throws. */
  readonly handler = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#scraper.handle(request, response);
  };

  /**
   * Starts the server if it was not started, and tells where it listens, or why it does not. Never rejects. A port that was taken is
   * tried again in the background, and a notice tells when it could be had.
   */
  ready(): Promise<ServerStart> {
    this.#start ??= suppressed(() => this.#listen());
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

  /** Closes the server for good; a second call does nothing. */
  override async stopServer(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#idle);
    await this.#start;
    await this.#group.leave();
    await this.#server.close();
  }

  /** The same as `handler`. */
  override getMetricsRequestHandler(request: IncomingMessage, response: ServerResponse): void {
    this.handler(request, response);
  }

  /** Collects, as every reader does; used by the page, and by everybody who wants the metrics at once. */
  override collect(options?: CollectionOptions): Promise<CollectionResult> {
    this.#collectedMs = performance.now();
    return super.collect(options);
  }

  async #collectIfIdle(): Promise<void> {
    if (performance.now() - this.#collectedMs < idleIntervalMs) return;
    // A collection that fails is told when somebody asks for the page.
    await this.collect().catch(() => undefined);
  }

  async #listen(): Promise<ServerStart> {
    if (this.#stopped) return { error: new Error('the exporter is shut down') };
    if (!isMainThread) return { error: new Error('a worker thread opens no endpoint') };
    try {
      const url = await (ClusterGroup.isWorker ? this.#group.join() : this.#server.listen());
      return url === '' ? { error: new Error('the primary of the cluster opens no endpoint') } : { url };
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const { host, port, retryIntervalMs } = this.#options;
      this.#notices.reportOnce('listen', {
        code: 'SONDE_PROMETHEUS_LISTEN_FAILED',
        message: `metrics are not served: ${host}:${port} cannot be listened on (${error.message}). Free the port or choose another one`,
      });
      if (!this.#stopped) this.#retry = setTimeout(() => void this.#tryAgain(), retryIntervalMs).unref();
      return { error };
    }
  }

  async #url(): Promise<string> {
    const start = await this.#start;
    return start !== undefined && 'url' in start ? start.url : '';
  }

  async #tryAgain(): Promise<void> {
    this.#start = suppressed(() => this.#listen());
    const start = await this.#start;
    if ('error' in start) return;
    this.#notices.report({
      code: 'SONDE_PROMETHEUS_LISTENING',
      message: `metrics are served at ${start.url} now`,
    });
  }
}

type CollectionOptions = Parameters<UpstreamExporter['collect']>[0];

const idleIntervalMs = 60_000;

function createMetricsServer(
  options: ResolvedPrometheusOptions,
  handler: RequestListener,
  notices: NoticeBoard,
): MetricsServer {
  try {
    // The server listens while tracing is suppressed; callbacks of the application run as they do for every reader.
    const answer: RequestListener = (request, response) => {
      context.with(ROOT_CONTEXT, handler, undefined, request, response);
    };
    return new MetricsServer(options, answer, notices);
  } catch (error) {
    throw new SondeConfigError('PrometheusExporter', [
      { option: 'tls', problem: `cannot be used: ${errorText(error)}` },
    ]);
  }
}
