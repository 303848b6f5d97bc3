import { context as contextApi, type Logger, type LogRecord, trace } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';

import { LeanLogRecord, type LoggerSharedState } from './log-record.ts';
import type { Guard } from '../loss-counter.ts';
import { SpanBase } from '../traces/span-base.ts';

/** What all loggers of a provider share. */
export interface LogPipeline {
  readonly processors: readonly LogRecordProcessor[];
  /** Whether every record of every logger is let through. */
  acceptsAll: boolean;
}

/** Makes log records. */
export class LeanLogger implements Logger {
  #shared: LoggerSharedState;
  readonly #pipeline: LogPipeline;
  readonly #standard: Logger;

  /** @param standard upstream's logger of the same scope, which decides what is enabled */
  constructor(origin: LoggerSharedState, pipeline: LogPipeline, standard: Logger) {
    this.#shared = origin;
    this.#pipeline = pipeline;
    this.#standard = standard;
  }

  /** Makes later records of another configuration. */
  rebind(shared: Omit<LoggerSharedState, 'scope'>): void {
    this.#shared = { ...shared, scope: this.#shared.scope };
  }

  emit(given: LogRecord): void {
    const { processors, acceptsAll } = this.#pipeline;
    if (!acceptsAll && !this.#standard.enabled(given)) return;
    if (this.#shared.guard === undefined) this.#emit(given, processors);
    else this.#emitGuarded(given, processors, this.#shared.guard);
  }

  #emit(given: LogRecord, processors: readonly LogRecordProcessor[]): void {
    const context = given.context ?? contextApi.active();
    const record = new LeanLogRecord(this.#shared, given, SpanBase.validContext(trace.getSpan(context)));
    for (const processor of processors) processor.onEmit(record, context);
    record.close();
  }

  #emitGuarded(given: LogRecord, processors: readonly LogRecordProcessor[], guard: Guard): void {
    try {
      this.#emit(given, processors);
    } catch (error) {
      guard.lost(error);
    }
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    return this.#pipeline.acceptsAll || this.#standard.enabled(options);
  }
}
