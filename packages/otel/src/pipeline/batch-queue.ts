import type { ExportResult } from '@opentelemetry/core';
import { suppressed } from '@sonde/sdk';
import type { BatchConfig } from '../config/config.ts';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { abortExport, type ExitHandle, exportNow } from '../shutdown/exit-handle.ts';
import { type Batch, Batcher, type Batchable, type BatchEncoder } from './batcher.ts';

/** An exporter that receives the batches of a queue. */
export interface BatchExporter<T extends Batchable> {
  export(batch: Batch<T>['items'], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
  /** Ends the exports that are under way. */
  abort?(): void;
  /** Whether it holds batches itself until they are delivered: then one export does not wait for the one before. */
  readonly isQueued?: boolean;
  /** Creates an incremental batch encoder. If absent, batches are arrays. */
  createBatch?(): BatchEncoder<T>;
}

/**
 * - `idle`: no export is under way; a timer runs while items wait.
 * - `exporting`: complete batches are exported, one after the other.
 * - `aborting`: the export under way was aborted; no other one starts before it has ended.
 * - `draining`: as `exporting`, but the queue accepts no more items.
 * - `closed`: the queue accepts no items and starts no exports.
 */
type State = 'idle' | 'exporting' | 'aborting' | 'draining' | 'closed';

/**
 * The queue of a batch processor: bounded, in order, one export at a time. An exporter with a queue of its own, as those for
 * OTLP, receives each batch as soon as it is complete. Upstream's batch processors hide what they hold; this one exports it
 * at once when the process is about to end.
 */
export class BatchQueue<T extends Batchable> implements ExitHandle {
  readonly #stats: DeliveryStats;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchConfig;
  readonly #batcher: Batcher<T>;
  #state: State = 'idle';
  #fullBatches: Batch<T>[] = [];
  #underWay: Batch<T> | undefined;
  /** The batch under way, if an exporter without a queue has received it. */
  #unanswered: Batch<T> | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many batches were completed, and how many of them were exported or given up. */
  #completed = 0;
  #settled = 0;
  /** Flushes that wait until that many batches are settled. */
  #flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];

  /**
   * @param stats counts the items that the queue does not accept or cannot export
   * @param redact returns the redacted item, just before it is encoded. An item for which it throws is not exported,
   *   and counted as failed
   */
  constructor(
    stats: DeliveryStats,
    exporter: BatchExporter<T>,
    settings: BatchConfig,
    redact?: (item: T) => T,
  ) {
    this.#stats = stats;
    stats.queues.add(this);
    this.#exporter = exporter;
    this.#settings = settings;
    const createEncoder = exporter.createBatch?.bind(exporter);
    const maxBatchSize = Math.min(settings.maxExportBatchSize, settings.maxQueueSize);
    this.#batcher = new Batcher(stats, maxBatchSize, createEncoder, redact);
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** How many items may wait. */
  get capacity(): number {
    return this.#settings.maxQueueSize;
  }

  push(item: T): void {
    const { maxQueueSize } = this.#settings;
    const isClosed = this.#state === 'draining' || this.#state === 'closed';
    if (isClosed || this.#size >= maxQueueSize) {
      this.#stats.drop(isClosed ? undefined : maxQueueSize);
      return;
    }
    this.#size++;
    const full = this.#batcher.add(item);
    if (full === undefined) {
      this.#schedule();
      return;
    }
    this.#complete(full);
    this.#start();
  }

  /** Exports everything that was pushed before the call. Items that an export causes wait for the next batch. */
  async forceFlush(): Promise<void> {
    await this.#flush();
    await suppressed(() => this.#exporter.forceFlush?.());
  }

  /** Exports what is left and shuts the exporter down. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    // Items that ended meanwhile. Those that this last export causes are dropped and counted.
    const last = this.#flush();
    const isExporting = this.#state === 'exporting' || this.#state === 'draining';
    this.#close(isExporting ? 'draining' : 'closed');
    await last;
    await suppressed(() => this.#exporter.shutdown());
  }

  /** Exports everything that is not known to be exported, the batch under way included, and closes the queue. */
  drain(): void {
    this.#close('closed');
    const left = this.#underWay === undefined ? [] : [this.#underWay];
    this.#stats.requeue(this.#unanswered?.items.length ?? 0);
    this.#underWay = undefined;
    this.#completeCurrent();
    left.push(...this.#fullBatches.splice(0));
    this.#size = 0;
    for (const { items } of left) if (items.length > 0) exportNow(this.#exporter, items);
  }

  /** Ends the export that is under way. Items that wait stay, for a later export or for `drain()`. */
  abort(): boolean {
    if (this.#underWay === undefined) return true;
    if (this.#state === 'exporting') this.#state = 'aborting';
    if (this.#state === 'draining') this.#state = 'closed';
    return abortExport(this.#exporter);
  }

  #close(state: 'draining' | 'closed'): void {
    this.#stopTimer();
    this.#state = state;
    this.#stats.queues.delete(this);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#state !== 'idle') return;
    this.#timer = setTimeout(() => void this.#flush(), this.#settings.scheduledDelayMs).unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Resolves when everything that was pushed before the call is exported or given up. */
  #flush(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#completeCurrent();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.push({ upTo: this.#completed, resolve });
    this.#start();
    return promise;
  }

  #complete(batch: Batch<T>): void {
    this.#fullBatches.push(batch);
    this.#completed++;
  }

  /** Completes the batch that is being filled. */
  #completeCurrent(): void {
    const batch = this.#batcher.flush();
    if (batch !== undefined) this.#complete(batch);
  }

  #start(): void {
    if (this.#state !== 'idle') return;
    this.#stopTimer();
    this.#state = 'exporting';
    void this.#exportAll();
  }

  /** Exports the batches that are complete, and those that are completed meanwhile. Never rejects. */
  async #exportAll(): Promise<void> {
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      if (batch.items.length > 0) {
        this.#underWay = batch;
        await this.#export(batch);
        this.#underWay = undefined;
      }
      this.#settled++;
      this.#settleFlushes(this.#settled);
    }
    this.#state = this.#state === 'draining' || this.#state === 'closed' ? 'closed' : 'idle';
    // After an abort, nothing waits for the batches that stay.
    this.#settleFlushes(Infinity);
    if (this.#size > 0) this.#schedule();
  }

  #settleFlushes(settled: number): void {
    const done = this.#flushes.filter(({ upTo }) => upTo <= settled);
    if (done.length === 0) return;
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo > settled);
    for (const { resolve } of done) resolve();
  }

  /** The next batch to export; undefined after an abort. */
  #next(): Batch<T> | undefined {
    if (this.#state !== 'exporting' && this.#state !== 'draining') return undefined;
    const batch = this.#fullBatches.shift();
    this.#size -= batch?.size ?? 0;
    return batch;
  }

  /** Resolves when the batch is exported, or handed over to an exporter with a queue. The exporter counts the outcome itself. */
  async #export(batch: Batch<T>): Promise<void> {
    try {
      const { resource } = batch.first;
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      // Unless `drain` has exported it meanwhile.
      if (this.#underWay !== batch) return;
      if (this.#exporter.isQueued !== true) await this.#exportAndWait(batch);
      else suppressed(() => this.#exporter.export(batch.items, () => {}));
    } catch {
      this.#stats.refuse(batch.items.length);
    }
  }

  /** Resolves when the exporter has answered or the export has timed out. */
  async #exportAndWait(batch: Batch<T>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { exportTimeoutMs } = this.#settings;
    const timer = exportTimeoutMs === 0 ? undefined : setTimeout(resolve, exportTimeoutMs).unref();
    this.#unanswered = batch;
    try {
      suppressed(() => this.#exporter.export(batch.items, () => resolve()));
      await promise;
    } finally {
      this.#unanswered = undefined;
      clearTimeout(timer);
    }
  }
}
