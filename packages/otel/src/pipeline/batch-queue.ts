import type { ExportResult } from '@opentelemetry/core';
import type { OtlpBatch } from '@sonde/exporters';

import type { BatchConfig } from '../config/config.ts';
import type { PendingExport, ExitHandle } from '../shutdown/exit-flush.ts';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { abort } from './abort.ts';
import { type Batch, Batcher, type Batchable, type BatchEncoder } from './batcher.ts';
import { createPendingExport } from '../shutdown/pending-export.ts';
import { suppressed } from '@sonde/sdk';

/** What a queue hands its batches to. */
export interface BatchExporter<T extends Batchable> {
  export(batch: Batch<T>['items'], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
  /** Ends what is under way. */
  abort?(): void;
  /** What it would send. */
  request?(batch: Batch<T>['items']): OtlpBatch | undefined;
  /** Makes what it wants the items of a batch to be added to; without it, a batch is a list. */
  createBatch?(): BatchEncoder<T>;
}

/**
 * Finished items on their way to an exporter: batched, one export at a time, in order, and bounded. Upstream's batch
 * processors hide what they hold; this one can give it up at once when the process is about to end.
 */
export class BatchQueue<T extends Batchable> implements ExitHandle {
  readonly #flow: DeliveryStats;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchConfig;
  readonly #batcher: Batcher<T>;
  #fullBatches: Batch<T>[] = [];
  #underWay: Batch<T> | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isGivenUp = false;
  #closed = false;

  /**
   * @param flow what goes through the queue, for the count of what becomes of it
   * @param clean what is to be exported of an item: asked when its turn comes. An item that it throws at is not exported,
   *   and counted as refused
   */
  constructor(
    flow: DeliveryStats,
    exporter: BatchExporter<T>,
    settings: BatchConfig,
    clean?: (item: T) => T,
  ) {
    this.#flow = flow;
    flow.queues.push(this);
    this.#exporter = exporter;
    this.#settings = settings;
    const message = exporter.createBatch?.bind(exporter);
    const maxBatchSize = Math.min(settings.maxExportBatchSize, settings.maxQueueSize);
    this.#batcher = new Batcher(flow, maxBatchSize, message, clean);
  }

  /** How many batches were completed, and how many of them are done with. */
  #completed = 0;
  #settled = 0;
  /** Flushes that wait until so many batches are settled. */
  #flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** The most that may wait. */
  get capacity(): number {
    return this.#settings.maxQueueSize;
  }

  push(item: T): void {
    const { maxQueueSize } = this.#settings;
    if (this.#closed || this.#size >= maxQueueSize) {
      this.#flow.drop(this.#closed ? undefined : maxQueueSize);
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

  /** Exports all that was pushed before the call. What an export causes waits for the next batch. */
  async forceFlush(): Promise<void> {
    await this.#flush();
    await suppressed(() => this.#exporter.forceFlush?.());
  }

  /** Exports what is left and ends the exporter. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    // What ended while that was exported. What this export causes is lost, and counted.
    const last = this.#flush();
    this.#closed = true;
    await last;
    await suppressed(() => this.#exporter.shutdown());
  }

  /** Gives up all that is not known to be delivered, an export under way included, and closes the queue. */
  drain(): readonly PendingExport[] {
    clearTimeout(this.#timer);
    this.#closed = true;
    const left = this.#underWay === undefined ? [] : [this.#underWay];
    this.#flow.requeue(this.#underWay?.items.length ?? 0);
    this.#underWay = undefined;
    this.#isGivenUp = false;
    this.#completeGathered();
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) left.push(batch);
    return left.flatMap(({ items }) => createPendingExport(this.#flow, this.#exporter, items, items.length));
  }

  /** Ends the export that is under way. What waits stays, for a later try or for the end. */
  abort(): boolean {
    if (this.#underWay === undefined) return true;
    this.#isGivenUp = true;
    return abort(this.#exporter);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isRunning || this.#closed) return;
    this.#timer = setTimeout(() => void this.#flush(), this.#settings.scheduledDelayMs).unref();
  }

  /** Resolves when all that was pushed before the call is exported or given up. */
  #flush(): Promise<void> {
    this.#completeGathered();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.push({ upTo: this.#completed, resolve });
    this.#start();
    return promise;
  }

  #complete(batch: Batch<T>): void {
    this.#fullBatches.push(batch);
    this.#completed++;
  }

  /** Makes a batch of what was gathered so far. */
  #completeGathered(): void {
    const batch = this.#batcher.flush();
    if (batch !== undefined) this.#complete(batch);
  }

  #start(): void {
    if (!this.#isRunning) void this.#exportAll();
  }

  /** Exports the batches that are complete, and those that become so meanwhile. Never rejects. */
  async #exportAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isGivenUp = false;
    this.#isRunning = true;
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      if (batch.items.length > 0) {
        this.#underWay = batch;
        await this.#export(batch);
        this.#underWay = undefined;
      }
      this.#settled++;
      this.#settleFlushes(this.#settled);
    }
    this.#isRunning = false;
    // What was given up is no longer waited for.
    this.#settleFlushes(Infinity);
    if (this.#size > 0) this.#schedule();
  }

  #settleFlushes(settled: number): void {
    const done = this.#flushes.filter(({ upTo }) => upTo <= settled);
    if (done.length === 0) return;
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo > settled);
    for (const { resolve } of done) resolve();
  }

  /** The batch to export, if there is one that should be. */
  #next(): Batch<T> | undefined {
    if (this.#isGivenUp) return undefined;
    const batch = this.#fullBatches.shift();
    this.#size -= batch?.size ?? 0;
    return batch;
  }

  /** Resolves when the exporter answered, failed or took too long; what it answers is watched elsewhere. */
  async #export({ items, first }: Batch<T>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#settings.exportTimeoutMs).unref();
    try {
      const { resource } = first;
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      suppressed(() => this.#exporter.export(items, () => resolve()));
    } catch {
      this.#flow.refused += items.length;
      resolve();
    }
    await promise;
    clearTimeout(timer);
  }
}
