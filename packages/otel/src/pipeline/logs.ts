import type { LogRecordExporter, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleLogExporter } from '@sonde/exporters';
import type { LogsConfig, RedactConfig } from '../config/config.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { observeExporter } from '../diagnostics/observed-exporter.ts';
import type { ExporterName } from '../options.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { LogRedaction } from '../redaction/log-redaction.ts';
import { RedactingLogRecordProcessor } from '../redaction/redacting-log-record-processor.ts';
import type { ExitHandle } from '../shutdown/exit-handle.ts';
import { state } from '../state.ts';
import { BatchLogRecordProcessor } from './batch-processors.ts';
import { BatchQueue } from './batch-queue.ts';
import { exporterName, toExporterList } from './exporter-list.ts';
import { createOtlpLogExporter, type OtlpDelivery, otlpDestination } from './otlp.ts';

/** Writes each record when it is emitted, so that the console output is in step with the program. */
class ConsoleLogRecordProcessor implements LogRecordProcessor {
  readonly #exporter: LogRecordExporter;
  readonly #accepts: (record: ReadableLogRecord) => boolean;

  constructor(exporter: LogRecordExporter, accepts: (record: ReadableLogRecord) => boolean) {
    this.#exporter = exporter;
    this.#accepts = accepts;
  }

  onEmit(record: ReadableLogRecord): void {
    if (this.#accepts(record)) this.#exporter.export([record], () => {});
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }
}

/** Whether Sonde prints the record. Other loggers, such as pino and winston, print their own records. */
const isOwnRecord = ({ instrumentationScope: { name } }: ReadableLogRecord): boolean =>
  state.loggers.has(name) || name === '@sonde/router';

/** The processors of log records, and their exit handle. */
export interface LogPipelineParts extends ExitHandle {
  /** Empty if no exporter or processor receives records. */
  readonly processors: readonly LogRecordProcessor[];
}

/**
 * Creates the pipeline of log records. An emitted record passes, in this order:
 *
 * 1. `first`: tracking of activity
 * 2. redaction, if a later processor receives the record before the queues, which redact otherwise
 * 3. the processors of the application
 * 4. the console: all records with the exporter `console`, otherwise those of Sonde's loggers, unless `logs.console` is
 *    false
 * 5. for each exporter a batch processor, whose queue encodes
 * 6. the observed exporter, which counts results and reports failures; the console output of Sonde's loggers is not
 *    counted as an export
 * 7. the exporter; the one for OTLP adds the request to the delivery queue
 */
export function createLogPipeline(
  config: LogsConfig,
  redact: RedactConfig,
  first: readonly LogRecordProcessor[],
  delivery: OtlpDelivery,
): LogPipelineParts {
  const selections = toExporterList<ExporterName, LogRecordExporter>(config.exporter);
  const redactor = createRedactor(redact);
  const format = config.console;
  const isConsoleExporter = selections.includes('console');
  const own = config.logRecordProcessors ?? [];
  const isSeenAtOnce = own.length > 0 || isConsoleExporter || format !== false;
  const redaction = redactor && !isSeenAtOnce ? new LogRedaction(redactor) : undefined;

  const exits: LogRecordProcessor[] = [...own];
  if (isConsoleExporter || format !== false) {
    const console = new ConsoleLogExporter(typeof format === 'string' ? { format } : {});
    exits.push(
      isConsoleExporter
        ? new ConsoleLogRecordProcessor(observe(console, 'console'), () => true)
        : new ConsoleLogRecordProcessor(console, isOwnRecord),
    );
  }
  const queues: BatchQueue<ReadableLogRecord>[] = [];
  for (const selection of selections) {
    const exporter = selection === 'otlp' ? createOtlpLogExporter(config.protocol, delivery) : selection;
    if (typeof exporter !== 'object') continue;
    const queue = new BatchQueue<ReadableLogRecord>(
      deliveryStats.records,
      observe(exporter, selection === 'otlp' ? otlpDestination('logs', config) : exporterName(selection)),
      config.batch,
      redaction && ((record) => redaction.redactRecord(record)),
    );
    queues.push(queue);
    exits.push(new BatchLogRecordProcessor(queue));
  }

  const guards = redactor && isSeenAtOnce ? [new RedactingLogRecordProcessor(redactor)] : [];
  return {
    processors: exits.length === 0 ? [] : [...first, ...guards, ...exits],
    drain: () => queues.forEach((queue) => queue.drain()),
    abort: () => queues.map((queue) => queue.abort()).every(Boolean),
  };
}

function observe(exporter: LogRecordExporter, destination: string): LogRecordExporter {
  return observeExporter(exporter, {
    stats: deliveryStats.records,
    destination,
    countItems: (records) => records.length,
  });
}
