import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { diag } from '@opentelemetry/api';
import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import { toBatches, type Batch } from './batch.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import { receive, send, type Frame } from './frames.ts';
import type { GaugeAggregation } from './gauge-aggregation.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import { ClusterTotals } from './cluster-totals.ts';
import { type NoticeBoard, suppressed } from '@sonde/sdk';

/** Options of an aggregator. */
export interface AggregatorOptions {
  readonly directory: ClusterDirectory;
  /** Resolves with the URL of the endpoint, or with '' if there is none. */
  readonly url: () => Promise<string>;
  readonly gaugeAggregation: GaugeAggregation;
  /** How long a worker may take to respond, in milliseconds. */
  readonly deadlineMs: number;
  readonly notices: NoticeBoard;
  /** Set if another process becomes the aggregator when this one ends: the totals are saved for it. */
  readonly handover?: Handover;
}

/** How an aggregator saves its totals for its successor. */
interface Handover {
  readonly collect: () => Promise<CollectionResult>;
  readonly collectNow: () => ScopeMetrics[] | undefined;
  readonly saveIntervalMs: number;
}

const PREDECESSOR = -1;
const saveCostShare = 50;
const sliceMs = 4;

interface Worker {
  readonly number: number;
  readonly socket: Socket;
  id: string;
  /** The batches of an incomplete push, applied together when it is complete. */
  pushed: Batch[];
  readonly pendingCollections: Map<number, () => void>;
}

/** Aggregates the metrics of all processes of a cluster: collects from the workers on each scrape, and retains the counts of ended ones. */
export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #totals: ClusterTotals;
  readonly #workers = new Set<Worker>();
  readonly #server: Server;
  #lastCollectionId = 0;
  #staleCount = 0;
  #endedCount = 0;
  #lostCount = 0;
  #saveTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #onExit = (): void => this.#writeHandover(this.#options.handover?.collectNow());

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#totals = new ClusterTotals(options.gaugeAggregation);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.unref();
  }

  /** Listens for workers. The caller ensures that no other process is the aggregator. */
  listen(): void {
    const { directory, notices, handover } = this.#options;
    directory.removeSocket();
    void suppressed(() => directory.sweep());
    this.#server.on('error', (error) => {
      notices.reportOnce('leader', {
        code: 'SONDE_CLUSTER_UNREACHABLE',
        message: `workers cannot report their metrics: ${error.message}`,
      });
    });
    if (handover !== undefined) this.#adoptPredecessor(handover);
    this.#server.listen({ path: directory.socketPath, exclusive: true });
  }

  /** The metrics of all processes, including those of this one. */
  async collect(local: readonly ScopeMetrics[]): Promise<ScopeMetrics[]> {
    await this.#collectWorkers();
    await this.#runInSlices(this.#applyAll(0, toBatches(local)));
    const all = await this.#runInSlices(this.#totals.scopeMetrics());
    const { size: workers } = this.#workers;
    const counts = { workers, stale: this.#staleCount, ended: this.#endedCount, lost: this.#lostCount };
    return [...all, clusterMetrics(counts)];
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#saveTimer);
    if (this.#options.handover !== undefined) this.#onExit();
    process.off('exit', this.#onExit);
    this.#server.close();
    for (const { socket } of this.#workers) socket.destroy();
  }

  #adoptPredecessor(handover: Handover): void {
    for (const batches of this.#options.directory.consumeAll()) {
      for (const batch of batches) {
        this.#totals.apply(PREDECESSOR, batch);
        // A batch at a time: the counts of the process are added to those that it retained.
        this.#totals.removeWorker(PREDECESSOR);
      }
    }
    process.on('exit', this.#onExit);
    this.#saveLater(handover, handover.saveIntervalMs);
  }

  #saveLater(handover: Handover, delayMs: number): void {
    this.#saveTimer = setTimeout(() => void this.#saveNow(handover), delayMs).unref();
  }

  /** Saves the totals, spending at most a fiftieth of the time on it. */
  async #saveNow(handover: Handover): Promise<void> {
    try {
      const { resourceMetrics } = await handover.collect();
      if (this.#isClosed) return;
      const start = performance.now();
      this.#writeHandover(resourceMetrics.scopeMetrics);
      const costMs = performance.now() - start;
      this.#saveLater(handover, Math.max(handover.saveIntervalMs, costMs * saveCostShare));
    } catch (error) {
      diag.warn('failed to save the metrics of the cluster', error);
    }
  }

  /** Writes the counts of ended workers and of this process for a successor. */
  #writeHandover(own: readonly ScopeMetrics[] | undefined): void {
    const { directory } = this.#options;
    // One file, so that a successor finds both or none.
    directory.write('leader', [...this.#totals.retained(), ...toBatches(own ?? [])]);
  }

  #accept(socket: Socket): void {
    socket.unref();
    const worker: Worker = {
      number: this.#freeNumber(),
      socket,
      id: '',
      pushed: [],
      pendingCollections: new Map(),
    };
    this.#workers.add(worker);
    receive(socket, (frame) => this.#onFrame(worker, frame));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onDisconnect(worker));
    void this.#sendJoined(socket);
  }

  async #sendJoined(socket: Socket): Promise<void> {
    const url = await this.#options.url();
    if (!socket.destroyed) send(socket, { type: 'joined', url });
  }

  #onFrame(worker: Worker, frame: Frame): void {
    if (frame.type === 'join') {
      if (isWorkerId(frame.id)) worker.id = frame.id;
    } else if (frame.type === 'batch') {
      worker.pushed.push(frame.batch);
    } else if (frame.type === 'pushed') {
      for (const batch of worker.pushed) this.#totals.apply(worker.number, batch);
      worker.pushed = [];
    } else if (frame.type === 'collected') {
      worker.pendingCollections.get(frame.collectionId)?.();
    }
  }

  #onDisconnect(worker: Worker): void {
    this.#workers.delete(worker);
    for (const resolve of worker.pendingCollections.values()) resolve();
    const finalBatches = worker.id === '' ? undefined : this.#options.directory.consume(worker.id);
    for (const batch of finalBatches ?? []) this.#totals.apply(worker.number, batch);
    this.#totals.removeWorker(worker.number);
    this.#endedCount++;
    if (finalBatches !== undefined) return;
    this.#lostCount++;
    this.#options.notices.reportOnce('lost', {
      code: 'SONDE_CLUSTER_WORKER_LOST',
      message: 'a worker ended without reporting its last metrics: measurements since its last push are lost',
    });
  }

  async #collectWorkers(): Promise<void> {
    const collectionId = ++this.#lastCollectionId;
    const collections = Array.from(this.#workers, (worker) => this.#requestCollection(worker, collectionId));
    const results = await Promise.all(collections);
    this.#staleCount = results.filter((isCollected) => !isCollected).length;
    if (this.#staleCount === 0) return;
    this.#options.notices.reportOnce('stale', {
      code: 'SONDE_CLUSTER_WORKER_STALE',
      message: `${this.#staleCount} of ${collections.length} workers did not respond within ${this.#options.deadlineMs} ms: serving their last known values`,
    });
  }

  #requestCollection(worker: Worker, collectionId: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), this.#options.deadlineMs);
    worker.pendingCollections.set(collectionId, () => resolve(true));
    send(worker.socket, { type: 'collect', collectionId });
    return promise.finally(() => {
      clearTimeout(timer);
      worker.pendingCollections.delete(collectionId);
    });
  }

  *#applyAll(worker: number, batches: Iterable<Batch>): Generator<undefined, void> {
    for (const batch of batches) {
      this.#totals.apply(worker, batch);
      yield undefined;
    }
  }

  /** Runs the steps for a few milliseconds per event-loop turn. */
  async #runInSlices<Result>(steps: Generator<undefined, Result>): Promise<Result> {
    let endMs = performance.now() + sliceMs;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      if (performance.now() <= endMs) continue;
      await nextTurn();
      endMs = performance.now() + sliceMs;
    }
  }

  #freeNumber(): number {
    const used = new Set(Array.from(this.#workers, ({ number }) => number));
    let number = 1;
    while (used.has(number)) number++;
    return number;
  }
}

/** Whether an id is a UUID, and therefore safe in a file name. */
function isWorkerId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id);
}
