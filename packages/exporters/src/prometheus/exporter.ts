import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import {
  type AggregationOption,
  type CollectionResult,
  type InstrumentType,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

import { ClusterGroup } from '../cluster/cluster-group.ts';

import {
  checkPrometheusOptions,
  resolvePrometheusOptions,
  type PrometheusExporterOptions,
  type ResolvedPrometheusOptions,
} from './options.ts';
import { ScrapeHandler } from './http/scrape-handler.ts';
import { MetricsServer } from './http/metrics-server.ts';
import { collectAs, collectNow, errorText, NoticeBoard, SondeConfigError, suppressed } from '@sonde/sdk';

/** The outcome of starting the server: its URL, or the error. */
export type ServerStart = { readonly url: string } | { readonly error: Error };

/**
 * Serves a MeterProvider's metrics to Prometheus: a reader for `new MeterProvider({ readers: [...] })` with a server of its own.
 * The server starts immediately unless `preventServerStart` is set, listens on the loopback address by default, and never
 * keeps the process alive. If the port is in use, a notice is reported and the exporter retries.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/
 * @throws {SondeConfigError} if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const exporter = new PrometheusExporter({ port: 9464 });
 * const provider = new MeterProvider({ readers: [exporter] });
 * const start = await exporter.ready();
 * console.log('url' in start ? start.url : start.error.message);
 * ```
 */
export class PrometheusExporter extends MetricReader {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #scrapeHandler: ScrapeHandler;
  readonly #server: MetricsServer;
  readonly #group: ClusterGroup;
  #started: Promise<ServerStart> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #initialized = Promise.withResolvers<void>();
  #isInitialized = false;
  #lastCollectionMs = 0;
  readonly #idleTimer: NodeJS.Timeout;

  constructor(options: PrometheusExporterOptions = {}) {
    checkPrometheusOptions(options);
    const notices = new NoticeBoard(options.onNotice);
    const resolved = resolvePrometheusOptions(options, notices);
    super({ metricProducers: resolved.metricProducers });
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
      service: () => this.#service(),
      collect: ({ timeoutMs, isProvisional = false }) =>
        collectAs({ reader: this, isProvisional }, () =>
          this.collect(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
        ),
      collectNow: () => collectNow(this),
      open: () => this.#server.listen(),
      url: () => this.#url(),
    });
    this.#scrapeHandler = new ScrapeHandler((timeoutMs) => this.#group.collect(timeoutMs), resolved, notices);
    // The SDK buffers measurements of a reader with views until it collects: without scrapes, that buffer would grow.
    this.#idleTimer = setInterval(() => void this.#collectIfIdle(), idleIntervalMs).unref();
    if (!resolved.preventServerStart) void this.ready();
  }

  /** Request handler for any `node:http` server: responds with the metrics, whatever the path. Never throws. */
  readonly handler = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#scrapeHandler.handle(request, response);
  };

  /** Whether the server starts by itself: `preventServerStart` is not set. */
  get startsServer(): boolean {
    return !this.#options.preventServerStart;
  }

  /**
   * Starts the server unless it is started. Resolves with its URL or the error, and never rejects. If the port is in use,
   * the exporter retries in the background and reports a notice when it succeeds.
   */
  ready(): Promise<ServerStart> {
    this.#started ??= suppressed(() => this.#listen());
    return this.#started;
  }

  /** The maximum number of attribute sets per instrument. */
  override selectCardinalityLimit(): number {
    return this.#options.cardinalityLimit;
  }

  /** The default aggregation of an instrument type. */
  override selectAggregation(type: InstrumentType): AggregationOption {
    return this.#options.aggregationSelector?.(type) ?? super.selectAggregation(type);
  }

  /** Starts the server unless it is started. Never rejects: a port in use is reported as a notice. */
  async startServer(): Promise<void> {
    await this.ready();
  }

  /** Closes the server permanently; further calls have no effect. */
  async stopServer(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#idleTimer);
    await this.#started;
    await this.#group.leave();
    await this.#server.close();
  }

  /**
   * Writes the metrics in the text format to a file, atomically: for the textfile collector of node_exporter, at the end of a
   * batch job. The name must end in `.prom`.
   *
   * @throws the error of the file system
   * @see https://github.com/prometheus/node_exporter#textfile-collector
   */
  async writeTextfile(path: string): Promise<void> {
    const { resourceMetrics } = await this.collect();
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, this.#scrapeHandler.renderText(resourceMetrics));
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Equivalent to `handler`. */
  getMetricsRequestHandler(request: IncomingMessage, response: ServerResponse): void {
    this.handler(request, response);
  }

  /** Collects the metrics, for a scrape or on demand. */
  override collect(options?: CollectionOptions): Promise<CollectionResult> {
    this.#lastCollectionMs = performance.now();
    return collectAs({ reader: this, isProvisional: false }, () => super.collect(options));
  }

  /** A scrape reads the metrics when it arrives. */
  override async onForceFlush(): Promise<void> {}

  override onShutdown(): Promise<void> {
    return this.stopServer();
  }

  protected override onInitialized(): void {
    super.onInitialized();
    this.#isInitialized = true;
    this.#initialized.resolve();
  }

  /** Identifies the service by its resource, once a provider has the exporter. */
  async #service(): Promise<string> {
    await Promise.race([this.#initialized.promise, delay(providerTimeoutMs, undefined, { ref: false })]);
    if (!this.#isInitialized) return '';
    const { resourceMetrics } = await collectAs({ reader: this, isProvisional: true }, () => this.collect());
    // The first value of a key counts.
    const attributes = new Map(resourceMetrics.resource.getRawAttributes().toReversed());
    return JSON.stringify(serviceAttributes.map((key) => attributes.get(key)));
  }

  async #collectIfIdle(): Promise<void> {
    if (performance.now() - this.#lastCollectionMs < idleIntervalMs) return;
    // A failing collection is reported by the next scrape.
    await this.collect().catch(() => undefined);
  }

  async #listen(): Promise<ServerStart> {
    if (this.#isStopped) return { error: new Error('the exporter is shut down') };
    if (!isMainThread) return { error: new Error('a worker thread does not open an endpoint') };
    try {
      const url = await (ClusterGroup.isWorker ? this.#group.join() : this.#server.listen());
      return url === ''
        ? { error: new Error('the primary of the cluster does not open an endpoint') }
        : { url };
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const { host, port, retryIntervalMs } = this.#options;
      const reason = (error as NodeJS.ErrnoException).code ?? error.message;
      this.#notices.reportOnce('listen', {
        code: 'SONDE_PROMETHEUS_LISTEN_FAILED',
        message: `cannot serve metrics on ${host}:${port} (${reason}); free the port or choose another one`,
      });
      if (!this.#isStopped)
        this.#retryTimer = setTimeout(() => void this.#tryAgain(), retryIntervalMs).unref();
      return { error };
    }
  }

  async #url(): Promise<string> {
    const start = await this.#started;
    return start !== undefined && 'url' in start ? start.url : '';
  }

  async #tryAgain(): Promise<void> {
    this.#started = suppressed(() => this.#listen());
    const start = await this.#started;
    if ('error' in start) return;
    this.#notices.report({
      code: 'SONDE_PROMETHEUS_LISTENING',
      message: `serving metrics at ${start.url}`,
    });
  }
}

type CollectionOptions = Parameters<MetricReader['collect']>[0];

const idleIntervalMs = 60_000;
/** How long a worker of a cluster waits for its provider before it joins. */
const providerTimeoutMs = 1000;
/** The attributes of the resource that make a service. */
const serviceAttributes = ['service.namespace', 'service.name', 'deployment.environment.name'];

function createMetricsServer(
  options: ResolvedPrometheusOptions,
  handler: RequestListener,
  notices: NoticeBoard,
): MetricsServer {
  try {
    // The server starts with tracing suppressed, but the callbacks of instruments must run in the root context.
    const listener: RequestListener = (request, response) => {
      context.with(ROOT_CONTEXT, handler, undefined, request, response);
    };
    return new MetricsServer(options, listener, notices);
  } catch (error) {
    throw new SondeConfigError('PrometheusExporter', [
      { option: 'tls', problem: `invalid key or certificate: ${errorText(error)}` },
    ]);
  }
}
