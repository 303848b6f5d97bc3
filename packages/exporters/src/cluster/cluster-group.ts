import type { Cluster } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';

import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import type { GaugeAggregation } from './gauge-aggregation.ts';
import { Aggregator } from './aggregator.ts';
import { ClusterDirectory } from './cluster-directory.ts';
import { WorkerClient } from './worker-client.ts';
import type { NoticeBoard } from '@sonde/sdk';

/** What a group needs to know of its process. */
export interface ClusterGroupOptions {
  readonly port: number;
  readonly gaugeAggregation: GaugeAggregation;
  readonly deadlineMs: number;
  readonly pushIntervalMs: number;
  readonly retryIntervalMs: number;
  readonly notices: NoticeBoard;
  /** Collects this process's metrics; callbacks get the time given, in milliseconds. */
  readonly collect: (timeoutMs?: number) => Promise<CollectionResult>;
  readonly collectNow: () => ScopeMetrics[] | undefined;
  /** Opens the endpoint; resolves with its URL, rejects when another process has it. */
  readonly open: () => Promise<string>;
  /** Resolves with the URL of this process's endpoint, or with '' when it has none. */
  readonly url: () => Promise<string>;
}

const maxAttempts = 20;
const attemptIntervalMs = 100;

/** Loaded by who makes a page, and not by who might. */
const nodeCluster = (): Cluster => process.getBuiltinModule('node:cluster') as unknown as Cluster;

/**
 * The processes that serve one page. The primary of `node:cluster` leads its workers as soon as it forks one; where the primary is not ours,
 * as under a process manager, the worker that can open the endpoint leads, and another one does when it ends.
 */
export class ClusterGroup {
  readonly #options: ClusterGroupOptions;
  readonly #onFork = (): void => this.#lead(this.#options.url);
  #place: ClusterDirectory | undefined;
  #leader: Aggregator | undefined;
  #member: WorkerClient | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ClusterGroupOptions) {
    this.#options = options;
    const cluster = nodeCluster();
    if (cluster.isPrimary) cluster.on('fork', this.#onFork);
  }

  /** Whether the endpoint may be another process's. */
  static get isWorker(): boolean {
    return nodeCluster().isWorker;
  }

  /** Joins the group of a worker: hands in metrics to whoever leads, or leads. Resolves with the page's URL; rejects when it can do neither. */
  async join(attempt = 1): Promise<string> {
    const place = this.#meetingPlace();
    const { collect, collectNow, pushIntervalMs } = this.#options;
    const onLost = (): void => this.#rejoin();
    const joined = await WorkerClient.join({ directory: place, collect, collectNow, pushIntervalMs, onLost });
    if (joined !== undefined) {
      this.#member = joined.member;
      return joined.url;
    }
    try {
      const url = await this.#options.open();
      this.#lead(() => Promise.resolve(url));
      return url;
    } catch (error) {
      // Whoever has the endpoint is perhaps another worker that begins to lead.
      if (attempt >= maxAttempts || this.#closed) throw error;
      await delay(attemptIntervalMs, undefined, { ref: false });
      return this.join(attempt + 1);
    }
  }

  /** What a scrape of this process shows: all processes' metrics where it leads, else its own. */
  async collect(timeoutMs?: number): Promise<CollectionResult> {
    const { resourceMetrics, errors } = await this.#options.collect(timeoutMs);
    if (this.#leader === undefined) return { resourceMetrics, errors };
    const scopeMetrics = await this.#leader.collect(resourceMetrics.scopeMetrics);
    return { resourceMetrics: { resource: resourceMetrics.resource, scopeMetrics }, errors };
  }

  /** Hands in the last metrics, or stops leading. */
  async leave(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    nodeCluster().off('fork', this.#onFork);
    await this.#member?.leave();
    this.#leader?.close();
  }

  #meetingPlace(): ClusterDirectory {
    const primary = ClusterGroup.isWorker ? process.ppid : process.pid;
    this.#place ??= new ClusterDirectory(`${primary} ${this.#options.port}`);
    return this.#place;
  }

  #lead(url: () => Promise<string>): void {
    if (this.#leader !== undefined || this.#closed) return;
    const { gaugeAggregation, deadlineMs, notices, collect, collectNow, pushIntervalMs } = this.#options;
    const succession = ClusterGroup.isWorker
      ? { collect, collectNow, saveIntervalMs: pushIntervalMs }
      : undefined;
    try {
      const place = this.#meetingPlace();
      this.#leader = new Aggregator({
        directory: place,
        url,
        gaugeAggregation: gaugeAggregation,
        deadlineMs,
        notices,
        ...(succession && { handover: succession }),
      });
      this.#leader.listen();
    } catch (error) {
      notices.reportOnce('place', {
        code: 'SONDE_CLUSTER_UNREACHABLE',
        message: `workers cannot hand in their metrics: ${String(error)}`,
      });
    }
  }

  #rejoin(): void {
    this.#member = undefined;
    if (this.#closed) return;
    this.join().catch(() => {
      this.#retry = setTimeout(() => this.#rejoin(), this.#options.retryIntervalMs).unref();
    });
  }
}
