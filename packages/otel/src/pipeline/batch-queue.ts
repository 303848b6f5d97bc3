import { context } from '@opentelemetry/api';
import { type ExportResult, suppressTracing } from '@opentelemetry/core';
import type { Config } from '../config/settings.ts';
import type { Flow } from '../report/flow.ts';

/** What a queue hands its batches to. */
export interface BatchExporter<T> {
  export(batch: T[], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
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
export class BatchQueue<T extends { readonly resource: Pending }> {
  readonly #flow: Flow;
  readonly #exporter: BatchExporter<T>;
  readonly #settings: BatchSettings;
  #waiting: T[] = [];
  #underWay: readonly T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #takeAll = false;
  #closed = false;

  /** @param flow what goes through the queue, for the count of what becomes of it */
  constructor(flow: Flow, exporter: BatchExporter<T>, settings: BatchSettings) {
    this.#flow = flow;
    flow.queues.push(this);
    this.#exporter = exporter;
    this.#settings = settings;
  }

  /** How many items wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** The most that may wait. */
  get capacity(): number {
    return this.#settings.maxQueueSize;
  }

  push(item: T): void {
    if (this.#closed || this.#waiting.length >= this.#settings.maxQueueSize) {
      this.#flow.drop(this.#settings.maxQueueSize);
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length >= this.#settings.maxExportBatchSize) void this.#start();
    else this.#schedule();
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
  drain(): T[] {
    clearTimeout(this.#timer);
    this.#closed = true;
    this.#flow.retake(this.#underWay.length);
    const left = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    return left;
  }

  #schedule(): void {
    if (this.#work !== undefined || this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#takeAll = true;
      void this.#start();
    }, this.#settings.scheduledDelayMillis).unref();
  }

  #start(): Promise<void> {
    this.#work ??= this.#exportAll().finally(() => {
      this.#work = undefined;
      this.#takeAll = false;
      if (this.#waiting.length > 0) this.#schedule();
    });
    return this.#work;
  }

  async #exportAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { maxExportBatchSize } = this.#settings;
    while (this.#waiting.length >= (this.#takeAll ? 1 : maxExportBatchSize)) {
      this.#underWay = this.#waiting.splice(0, maxExportBatchSize);
      await this.#export(this.#underWay);
      this.#underWay = [];
    }
  }

  /** Resolves when the exporter answered, failed or took too long; what it answers is watched elsewhere. */
  async #export(batch: readonly T[]): Promise<void> {
    const [{ resource }] = batch as [T];
    if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#settings.exportTimeoutMillis).unref();
    try {
      context.with(suppressTracing(context.active()), () =>
        this.#exporter.export([...batch], () => resolve()),
      );
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
