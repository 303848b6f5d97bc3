import { context, diag } from '@opentelemetry/api';
import { type ExportResult, suppressTracing } from '@opentelemetry/core';
import type { OtlpBatch } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import type { Leftover, WayOut } from '../exit/last-export.ts';
import type { Flow } from '../report/flow.ts';
import { abort } from './abort.ts';
import { leftover, pieces } from './leftovers.ts';

/** What a queue hands its batches to. */
export interface BatchExporter<T> {
  export(batch: T[], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
  /** Ends what is under way. */
  abort?(): void;
  /** What it would send. */
  request?(batch: T[]): OtlpBatch | undefined;
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
 * Finished items on their way to an exporter: batched, one export at a time, in order, and bounded. Batches are filled
 * in place and handed on as they are. Upstream's batch processors hide what they hold; this one can give it up at once
 * when the process is about to end.
 */
export class BatchQueue<T extends { readonly resource: Pending }> implements WayOut {
  readonly #flow: Flow;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchSettings;
  readonly #clean: ((item: T) => T) | undefined;
  #full: T[][] = [];
  #filling: T[] = [];
  #underWay: T[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isRunning = false;
  #takeAll = false;
  #isGivenUp = false;
  #closed = false;

  /**
   * @param flow what goes through the queue, for the count of what becomes of it
   * @param clean what is to be exported of an item: asked when its turn comes, for a whole batch costs less than as many
   *   single ones. An item that it throws at is not exported, and counted as refused
   */
  constructor(flow: Flow, exporter: BatchExporter<T>, settings: BatchSettings, clean?: (item: T) => T) {
    this.#flow = flow;
    flow.queues.push(this);
    this.#exporter = exporter;
    this.#settings = settings;
    this.#clean = clean;
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
    const { maxQueueSize, maxExportBatchSize } = this.#settings;
    if (this.#closed || this.#size >= maxQueueSize) {
      this.#flow.drop(maxQueueSize);
      return;
    }
    this.#size++;
    if (this.#filling.push(item) < maxExportBatchSize) {
      this.#schedule();
      return;
    }
    this.#full.push(this.#filling);
    this.#filling = [];
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
    this.#flow.retake(this.#underWay.length);
    const left = [...this.#underWay, ...this.#cleaned([...this.#full, this.#filling].flat())];
    this.#underWay = [];
    this.#full = [];
    this.#filling = [];
    this.#size = 0;
    return pieces(left).flatMap((piece) => leftover(this.#flow, this.#exporter, piece, piece.length));
  }

  /** Ends the export that is under way. What waits stays, for a later try or for the end. */
  giveUp(): boolean {
    if (this.#underWay.length === 0) return true;
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
      if (this.#cleaned(batch).length === 0) continue;
      this.#underWay = batch;
      await this.#export(batch);
      this.#underWay = [];
    }
    this.#isRunning = false;
    this.#takeAll = false;
    if (this.#size > 0) this.#schedule();
  }

  /** The batch to export, if there is one that should be. */
  #next(): T[] | undefined {
    if (this.#isGivenUp) return undefined;
    let batch = this.#full.shift();
    if (batch === undefined && this.#takeAll && this.#filling.length > 0) {
      batch = this.#filling;
      this.#filling = [];
    }
    this.#size -= batch?.length ?? 0;
    return batch;
  }

  /** The same array, with what is to be exported. */
  #cleaned(batch: T[]): T[] {
    const clean = this.#clean;
    if (clean === undefined) return batch;
    let count = 0;
    for (const item of batch) {
      try {
        batch[count] = clean(item);
        count++;
      } catch (error) {
        this.#flow.refused++;
        diag.error(`One of the ${this.#flow.items} could not be searched for secrets`, error);
      }
    }
    batch.length = count;
    return batch;
  }

  /** Resolves when the exporter answered, failed or took too long; what it answers is watched elsewhere. */
  async #export(batch: T[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#settings.exportTimeoutMillis).unref();
    try {
      const [{ resource }] = batch as [T];
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      context.with(suppressTracing(context.active()), () => this.#exporter.export(batch, () => resolve()));
    } catch {
      this.#flow.refused += batch.length;
      resolve();
    }
    await promise;
    clearTimeout(timer);
  }
}

/** The part of a resource that says whether its attributes are all known. */
interface Pending {
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}
