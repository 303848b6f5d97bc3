import type { Cluster } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';

import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import type { GaugeAggregation } from './gauge-aggregation.ts';
import { Aggregator } from './aggregator.ts';
import { ClusterDirectory } from './cluster-directory.ts';
import { WorkerClient } from './worker-client.ts';
import type { NoticeBoard } from '@sonde/sdk';

/** Options of a cluster group. */
export interface ClusterGroupOptions {
  readonly port: number;
  readonly gaugeAggregation: GaugeAggregation;
  readonly deadlineMs: number;
  readonly pushIntervalMs: number;
  readonly retryIntervalMs: number;
  readonly notices: NoticeBoard;
  /**
   * Resolves with what identifies the service, so that processes of another service under the same primary have a group of
   * their own.
   */
  readonly service: () => Promise<string>;
  /** Collects the metrics of this process, with a timeout for callbacks. */
  readonly collect: (options: { timeoutMs?: number; isProvisional?: boolean }) => Promise<CollectionResult>;
  readonly collectNow: () => ScopeMetrics[] | undefined;
  /** Opens the endpoint; resolves with its URL, rejects if another process has it open. */
  readonly open: () => Promise<string>;
  /** Resolves with the URL of the endpoint of this process, or with '' if it has none. */
  readonly url: () => Promise<string>;
}

const maxAttempts = 20;
const attemptIntervalMs = 100;

/** Loaded on first use: most processes have no endpoint. */
const nodeCluster = (): Cluster => process.getBuiltinModule('node:cluster') as unknown as Cluster;

/**
 * The processes that share one endpoint. The primary of `node:cluster` is the aggregator from its first fork on. If the primary does not
 * run Sonde, as under a process manager, the worker that can open the endpoint is, and another one takes over when it ends.
 */
export class ClusterGroup {
  readonly #options: ClusterGroupOptions;
  readonly #onFork = (): void => void this.#startAggregator(this.#options.url);
  #directory: ClusterDirectory | undefined;
  #aggregator: Aggregator | undefined;
  #client: WorkerClient | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ClusterGroupOptions) {
    this.#options = options;
    const cluster = nodeCluster();
    if (cluster.isPrimary) cluster.on('fork', this.#onFork);
  }

  /** Whether another process may have the endpoint. */
  static get isWorker(): boolean {
    return nodeCluster().isWorker;
  }

  /** Joins as a worker, or becomes the aggregator. Resolves with the URL of the endpoint; rejects if neither is possible. */
  async join(attempt = 1): Promise<string> {
    const directory = await this.#clusterDirectory();
    const { collectNow, pushIntervalMs } = this.#options;
    const collect = this.#collectForPush;
    const onLost = (): void => this.#rejoin();
    const joined = await WorkerClient.join({ directory, collect, collectNow, pushIntervalMs, onLost });
    if (joined !== undefined) {
      this.#client = joined.client;
      return joined.url;
    }
    try {
      const url = await this.#options.open();
      await this.#startAggregator(() => Promise.resolve(url));
      return url;
    } catch (error) {
      // The endpoint may belong to another worker that is becoming the aggregator.
      if (attempt >= maxAttempts || this.#isClosed) throw error;
      await delay(attemptIntervalMs, undefined, { ref: false });
      return this.join(attempt + 1);
    }
  }

  /** The metrics of all processes if this one is the aggregator, otherwise its own. */
  async collect(timeoutMs?: number): Promise<CollectionResult> {
    const { resourceMetrics, errors } = await this.#options.collect(
      timeoutMs === undefined ? {} : { timeoutMs },
    );
    if (this.#aggregator === undefined) return { resourceMetrics, errors };
    const scopeMetrics = await this.#aggregator.collect(resourceMetrics.scopeMetrics);
    return { resourceMetrics: { resource: resourceMetrics.resource, scopeMetrics }, errors };
  }

  /** Reports the last metrics, or stops the aggregator. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    nodeCluster().off('fork', this.#onFork);
    await this.#client?.leave();
    this.#aggregator?.close();
  }

  readonly #collectForPush = (isProvisional: boolean): Promise<CollectionResult> =>
    this.#options.collect({ isProvisional });

  async #clusterDirectory(): Promise<ClusterDirectory> {
    if (this.#directory !== undefined) return this.#directory;
    const primary = ClusterGroup.isWorker ? process.ppid : process.pid;
    const key = `${this.#options.port} ${await this.#options.service()}`;
    this.#directory ??= new ClusterDirectory(primary, key);
    return this.#directory;
  }

  async #startAggregator(url: () => Promise<string>): Promise<void> {
    const { gaugeAggregation, deadlineMs, notices, collectNow, pushIntervalMs } = this.#options;
    const handover = ClusterGroup.isWorker
      ? { collect: () => this.#collectForPush(true), collectNow, saveIntervalMs: pushIntervalMs }
      : undefined;
    try {
      const directory = await this.#clusterDirectory();
      if (this.#aggregator !== undefined || this.#isClosed) return;
      this.#aggregator = new Aggregator({
        directory,
        url,
        gaugeAggregation: gaugeAggregation,
        deadlineMs,
        notices,
        ...(handover && { handover: handover }),
      });
      this.#aggregator.listen();
    } catch (error) {
      notices.reportOnce('directory', {
        code: 'SONDE_CLUSTER_UNREACHABLE',
        message: `workers cannot report their metrics: ${String(error)}`,
      });
    }
  }

  #rejoin(): void {
    this.#client = undefined;
    if (this.#isClosed) return;
    this.join().catch(() => {
      this.#retryTimer = setTimeout(() => this.#rejoin(), this.#options.retryIntervalMs).unref();
    });
  }
}
