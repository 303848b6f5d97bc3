import { context as contextApi, type Logger, type LogRecord, trace } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Guard } from '../guard.ts';
import { LeanLogRecord, type LogOrigin } from './log-record.ts';
import { Identified } from '../traces/identified.ts';

/** What all loggers of a provider share. */
export interface LogPipeline {
  readonly processors: readonly LogRecordProcessor[];
  /** Whether every record of every logger is let through. */
  takesAll: boolean;
}

/** Makes log records. */
export class LeanLogger implements Logger {
  readonly #origin: LogOrigin;
  readonly #pipeline: LogPipeline;
  readonly #standard: Logger;

  /** @param standard upstream's logger of the same scope, which decides what is enabled */
  constructor(origin: LogOrigin, pipeline: LogPipeline, standard: Logger) {
    this.#origin = origin;
    this.#pipeline = pipeline;
    this.#standard = standard;
  }

  emit(given: LogRecord): void {
    const { processors, takesAll } = this.#pipeline;
    if (!takesAll && !this.#standard.enabled(given)) return;
    if (this.#origin.guard === undefined) this.#emit(given, processors);
    else this.#emitGuarded(given, processors, this.#origin.guard);
  }

  #emit(given: LogRecord, processors: readonly LogRecordProcessor[]): void {
    const context = given.context ?? contextApi.active();
    const record = new LeanLogRecord(this.#origin, given, Identified.valid(trace.getSpan(context)));
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
    return this.#pipeline.takesAll || this.#standard.enabled(options);
  }
}
