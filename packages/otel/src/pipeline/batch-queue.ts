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
  /** Aborts the exports in flight. */
  abort?(): void;
  /** Whether the exporter queues batches until they are delivered, so that exports need not wait for each other. */
  readonly isQueued?: boolean;
  /** Creates an incremental batch encoder. If absent, batches are arrays. */
  createBatch?(): BatchEncoder<T>;
}

/**
 * - `idle`: no export is in flight; a timer runs while items wait.
 * - `exporting`: complete batches are exported one after another.
 * - `aborting`: the export in flight was aborted; the next export starts after it has ended.
 * - `draining`: as `exporting`, but the queue accepts no more items.
 * - `closed`: the queue accepts no items and starts no exports.
 */
type State = 'idle' | 'exporting' | 'aborting' | 'draining' | 'closed';

/**
 * The bounded queue of a batch processor, which exports in order and one batch at a time. An exporter that has a queue, such
 * as those for OTLP, receives each batch when it is complete. Unlike the upstream batch processors, it can export all items
 * synchronously when the process ends.
 */
export class BatchQueue<T extends Batchable> implements ExitHandle {
  readonly #stats: DeliveryStats;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchConfig;
  readonly #batcher: Batcher<T>;
  #state: State = 'idle';
  #fullBatches: Batch<T>[] = [];
  #inFlight: Batch<T> | undefined;
  /** The batch in flight that an exporter without a queue has received. */
  #unanswered: Batch<T> | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Number of completed batches. */
  #completed = 0;
  /** Number of completed batches that were exported or dropped. */
  #settled = 0;
  /** Pending flushes; each resolves when `upTo` batches are settled. */
  #flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];

  /**
   * @param stats counts the items that the queue does not accept or cannot export
   * @param redact returns the redacted item, just before it is encoded. An item for which it throws is dropped and
   *   counted as failed
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

  /** Number of waiting items. */
  get size(): number {
    return this.#size;
  }

  /** Maximum number of waiting items. */
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

  /** Exports all items pushed before the call. Items recorded by an export wait for the next batch. */
  async forceFlush(): Promise<void> {
    await this.#flush();
    await suppressed(() => this.#exporter.forceFlush?.());
  }

  /** Exports the remaining items and shuts down the exporter. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    // Exports items that ended during the flush. Items recorded by this last export are dropped and counted.
    const last = this.#flush();
    const isExporting = this.#state === 'exporting' || this.#state === 'draining';
    this.#close(isExporting ? 'draining' : 'closed');
    await last;
    await suppressed(() => this.#exporter.shutdown());
  }

  /** Exports all items whose export has not completed, including the batch in flight, and closes the queue. */
  drain(): void {
    this.#close('closed');
    const left = this.#inFlight === undefined ? [] : [this.#inFlight];
    this.#stats.requeue(this.#unanswered?.items.length ?? 0);
    this.#inFlight = undefined;
    this.#completeCurrent();
    left.push(...this.#fullBatches.splice(0));
    this.#size = 0;
    for (const { items } of left) if (items.length > 0) exportNow(this.#exporter, items);
  }

  /** Aborts the export in flight. Waiting items remain for a later export or for `drain()`. */
  abort(): boolean {
    if (this.#inFlight === undefined) return true;
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

  /** Resolves when all items pushed before the call are exported or dropped. */
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

  /** Completes the current batch. */
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

  /** Exports the complete batches, including those completed during an export. Never rejects. */
  async #exportAll(): Promise<void> {
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      if (batch.items.length > 0) {
        this.#inFlight = batch;
        await this.#export(batch);
        this.#inFlight = undefined;
      }
      this.#settled++;
      this.#settleFlushes(this.#settled);
    }
    this.#state = this.#state === 'draining' || this.#state === 'closed' ? 'closed' : 'idle';
    // After an abort, flushes must not wait for the remaining batches.
    this.#settleFlushes(Infinity);
    if (this.#size > 0) this.#schedule();
  }

  #settleFlushes(settled: number): void {
    const done = this.#flushes.filter(({ upTo }) => upTo <= settled);
    if (done.length === 0) return;
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo > settled);
    for (const { resolve } of done) resolve();
  }

  /** Returns the next batch to export; undefined after an abort. */
  #next(): Batch<T> | undefined {
    if (this.#state !== 'exporting' && this.#state !== 'draining') return undefined;
    const batch = this.#fullBatches.shift();
    this.#size -= batch?.size ?? 0;
    return batch;
  }

  /** Resolves when the batch is exported, or passed to an exporter with a queue, which counts the outcome. */
  async #export(batch: Batch<T>): Promise<void> {
    try {
      const { resource } = batch.first;
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      // `drain` may have exported the batch during the wait.
      if (this.#inFlight !== batch) return;
      if (this.#exporter.isQueued !== true) await this.#exportAndWait(batch);
      else suppressed(() => this.#exporter.export(batch.items, () => {}));
    } catch {
      this.#stats.refuse(batch.items.length);
    }
  }

  /** Resolves when the exporter has called back or the export has timed out. */
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
