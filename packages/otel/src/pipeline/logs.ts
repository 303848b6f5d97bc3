import type { LogRecordExporter, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleLogExporter } from '@sonde/exporters';
import type { LogsConfig, RedactConfig } from '../config/config.ts';
import type { ExitHandle } from '../shutdown/exit-flush.ts';
import { LogRedaction } from '../redaction/log-redaction.ts';
import { RedactingLogRecordProcessor } from '../redaction/redacting-log-record-processor.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { state } from '../state.ts';
import { BatchQueue } from './batch-queue.ts';
import { toExporterList } from './exporter-list.ts';
import { otlpLogExporter } from './otlp.ts';
import { BatchLogRecordProcessor } from './batch-processors.ts';

/** Writes each record as it is emitted: a console that lags behind the program confuses its reader. */
class ConsoleProcessor implements LogRecordProcessor {
  readonly #exporter: LogRecordExporter;
  readonly #wants: (record: ReadableLogRecord) => boolean;

  constructor(exporter: LogRecordExporter, wants: (record: ReadableLogRecord) => boolean) {
    this.#exporter = exporter;
    this.#wants = wants;
  }

  onEmit(record: ReadableLogRecord): void {
    if (this.#wants(record)) this.#exporter.export([record], () => {});
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }
}

/** Bridged records (pino, winston) were printed by the library they come from: the console takes ours alone. */
const isOurs = ({ instrumentationScope: { name } }: ReadableLogRecord): boolean =>
  state.loggers.has(name) || name === '@sonde/router';

/** The way of log records out of the process. */
export interface LogPipelineParts extends ExitHandle {
  readonly processors: readonly LogRecordProcessor[];
}

/** Carries log records to where the configuration wants them. */
export function createLogPipeline(config: LogsConfig, redact: RedactConfig): LogPipelineParts {
  const exporters = toExporterList<LogRecordExporter>(config.exporter);
  const redactor = createRedactor(redact);
  const exits = [...(config.logRecordProcessors ?? [])];
  const guards: LogRecordProcessor[] = [];
  const isConsole = exporters.includes('console') || config.console !== false;
  // What sees records at once needs them clean at once; where there is only a queue, they are searched on their way out.
  const isSearchedAtOnce = isConsole || exits.length > 0;
  if (redactor !== undefined && isSearchedAtOnce) guards.push(new RedactingLogRecordProcessor(redactor));
  const clean = redactor && !isSearchedAtOnce ? new LogRedaction(redactor) : undefined;
  const queues: BatchQueue<ReadableLogRecord>[] = [];
  const toConsole = (wants: (record: ReadableLogRecord) => boolean): void => {
    const format = config.console;
    const exporter = new ConsoleLogExporter(typeof format === 'string' ? { format } : {});
    exits.push(new ConsoleProcessor(exporter, wants));
  };
  const queueTo = (exporter: LogRecordExporter): void => {
    const queue = new BatchQueue<ReadableLogRecord>(
      deliveryStats.records,
      exporter,
      config.batch,
      clean && ((record) => clean.redactRecord(record)),
    );
    exits.push(new BatchLogRecordProcessor(queue));
    queues.push(queue);
  };
  if (exporters.includes('console')) toConsole(() => true);
  else if (config.console !== false) toConsole(isOurs);
  for (const choice of exporters) {
    const exporter = choice === 'otlp' ? otlpLogExporter(config.protocol) : choice;
    if (typeof exporter === 'object') queueTo(exporter);
  }
  return {
    processors: exits.length === 0 ? [] : [...guards, ...exits],
    drain: () => queues.flatMap((queue) => queue.drain()),
    abort: () => queues.map((queue) => queue.abort()).every(Boolean),
  };
}
