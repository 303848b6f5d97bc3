import { context as contextApi, type Logger, type LogRecord, trace } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';

import { LeanLogRecord, type LoggerSharedState } from './log-record.ts';
import type { DropCounter } from '../drop-counter.ts';
import { SpanBase } from '../traces/span-base.ts';

/** State that all loggers of a provider share. */
export interface LogPipeline {
  readonly processors: readonly LogRecordProcessor[];
  /** Whether all records of all loggers are enabled. */
  acceptsAll: boolean;
}

/** Creates log records and passes them to the processors. */
export class LeanLogger implements Logger {
  #shared: LoggerSharedState;
  readonly #pipeline: LogPipeline;
  readonly #standard: Logger;

  /** @param standard upstream's logger of the same scope, which decides whether a record is enabled */
  constructor(shared: LoggerSharedState, pipeline: LogPipeline, standard: Logger) {
    this.#shared = shared;
    this.#pipeline = pipeline;
    this.#standard = standard;
  }

  /** Applies another configuration to later records. */
  rebind(shared: Omit<LoggerSharedState, 'scope'>): void {
    this.#shared = { ...shared, scope: this.#shared.scope };
  }

  emit(input: LogRecord): void {
    const { processors, acceptsAll } = this.#pipeline;
    if (!acceptsAll && !this.#standard.enabled(input)) return;
    if (this.#shared.dropCounter === undefined) this.#emit(input, processors);
    else this.#emitGuarded(input, processors, this.#shared.dropCounter);
  }

  #emit(input: LogRecord, processors: readonly LogRecordProcessor[]): void {
    const context = input.context ?? contextApi.active();
    const record = new LeanLogRecord(this.#shared, input, SpanBase.validContext(trace.getSpan(context)));
    for (const processor of processors) processor.onEmit(record, context);
    record.close();
  }

  #emitGuarded(input: LogRecord, processors: readonly LogRecordProcessor[], dropCounter: DropCounter): void {
    try {
      this.#emit(input, processors);
    } catch (error) {
      dropCounter.countItem(error);
    }
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    if (this.#pipeline.acceptsAll) return true;
    try {
      return this.#standard.enabled(options);
    } catch (error) {
      if (this.#shared.dropCounter === undefined) throw error;
      return true;
    }
  }
}
