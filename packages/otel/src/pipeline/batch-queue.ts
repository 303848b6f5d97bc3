import { context } from '@opentelemetry/api';
import { type ExportResult, suppressTracing } from '@opentelemetry/core';
import type { OtlpBatch } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import type { Leftover, WayOut } from '../exit/last-export.ts';
import type { Flow } from '../report/flow.ts';
import { abort } from './abort.ts';
import { type Batch, Gathering, type Item, type Message } from './gathering.ts';
import { leftover } from './leftovers.ts';

/** What a queue hands its batches to. */
export interface BatchExporter<T extends Item> {
  export(batch: Batch<T>['items'], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
  /** Ends what is under way. */
  abort?(): void;
  /** What it would send. */
  request?(batch: Batch<T>['items']): OtlpBatch | undefined;
  /** Makes what it wants the items of a batch to be added to; without it, a batch is a list. */
  message?(): Message<T>;
}

/** How a queue batches. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

/** How the configuration wants the items of a signal batched. */
export function batchSettings(config: Config, signal: 'traces' | 'logs'): BatchSettings {
  const maxQueueSize = config[`${signal}.batch.maxQueueSize`];
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(config[`${signal}.batch.maxExportBatchSize`], maxQueueSize),
    scheduledDelayMillis: config[`${signal}.batch.scheduledDelayMillis`],
    exportTimeoutMillis: config[`${signal}.batch.exportTimeoutMillis`],
  };
}

/**
 * Finished items on their way to an exporter: batched, one export at a time, in order, and bounded. Upstream's batch
 * processors hide what they hold; this one can give it up at once when the process is about to end.
 */
export class BatchQueue<T extends Item> implements WayOut {
  readonly #flow: Flow;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchSettings;
  readonly #gathering: Gathering<T>;
  #full: Batch<T>[] = [];
  #underWay: Batch<T> | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isRunning = false;
  #takeAll = false;
  #isGivenUp = false;
  #closed = false;

  /**
   * @param flow what goes through the queue, for the count of what becomes of it
   * @param clean what is to be exported of an item: asked when its turn comes. An item that it throws at is not exported,
   *   and counted as refused
   */
  constructor(flow: Flow, exporter: BatchExporter<T>, settings: BatchSettings, clean?: (item: T) => T) {
    this.#flow = flow;
    flow.queues.push(this);
    this.#exporter = exporter;
    this.#settings = settings;
    const message = exporter.message?.bind(exporter);
    this.#gathering = new Gathering(flow, settings.maxExportBatchSize, message, clean);
  }

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
      this.#flow.drop(maxQueueSize);
      return;
    }
    this.#size++;
    const full = this.#gathering.add(item);
    if (full === undefined) {
      this.#schedule();
      return;
    }
    this.#full.push(full);
    void this.#start();
  }

  /** Exports all that was pushed before the call. */
  async forceFlush(): Promise<void> {
    this.#takeAll = true;
    await this.#start();
    await this.#exporter.forceFlush?.();
  }

  /** Exports what is left and ends the exporter. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.#closed = true;
    await this.#exporter.shutdown();
  }

  /** Gives up all that is not known to be delivered, an export under way included, and closes the queue. */
  takeLeftovers(): readonly Leftover[] {
    clearTimeout(this.#timer);
    this.#closed = true;
    const left = this.#underWay === undefined ? [] : [this.#underWay];
    this.#flow.retake(this.#underWay?.items.length ?? 0);
    this.#underWay = undefined;
    this.#isGivenUp = false;
    this.#takeAll = true;
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) left.push(batch);
    return left.flatMap(({ items }) => leftover(this.#flow, this.#exporter, items, items.length));
  }

  /** Ends the export that is under way. What waits stays, for a later try or for the end. */
  giveUp(): boolean {
    if (this.#underWay === undefined) return true;
    this.#isGivenUp = true;
    return abort(this.#exporter);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isRunning || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#takeAll = true;
      void this.#start();
    }, this.#settings.scheduledDelayMillis).unref();
  }

  /** Joins the run that is under way, or starts one. */
  #start(): Promise<void> {
    if (!this.#isRunning) this.#work = this.#exportAll();
    return this.#work;
  }

  /** Never rejects. */
  async #exportAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isGivenUp = false;
    this.#isRunning = true;
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      if (batch.items.length === 0) continue;
      this.#underWay = batch;
      await this.#export(batch);
      this.#underWay = undefined;
    }
    this.#isRunning = false;
    this.#takeAll = false;
    if (this.#size > 0) this.#schedule();
  }

  /** The batch to export, if there is one that should be. */
  #next(): Batch<T> | undefined {
    if (this.#isGivenUp) return undefined;
    const batch = this.#full.shift() ?? (this.#takeAll ? this.#gathering.take() : undefined);
    this.#size -= batch?.size ?? 0;
    return batch;
  }

  /** Resolves when the exporter answered, failed or took too long; what it answers is watched elsewhere. */
  async #export({ items, first }: Batch<T>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#settings.exportTimeoutMillis).unref();
    try {
      const { resource } = first;
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      context.with(suppressTracing(context.active()), () => this.#exporter.export(items, () => resolve()));
    } catch {
      this.#flow.refused += items.length;
      resolve();
    }
    await promise;
    clearTimeout(timer);
  }
}
