import {
  BatchLogRecordProcessor,
  type LogRecordExporter,
  type LogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import { ConsoleLogExporter } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import { state } from '../state.ts';
import { choices } from './exporter-choice.ts';
import { otlpLogExporter } from './otlp.ts';

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
const madeByGetLogger = (record: ReadableLogRecord): boolean =>
  state.loggers.has(record.instrumentationScope.name);

/** The processors that carry log records to where the configuration wants them. */
export function logRecordProcessors(config: Config): LogRecordProcessor[] {
  const batched = (exporter: LogRecordExporter): LogRecordProcessor =>
    new BatchLogRecordProcessor({
      exporter,
      maxQueueSize: config['logs.batch.maxQueueSize'],
      maxExportBatchSize: Math.min(
        config['logs.batch.maxExportBatchSize'],
        config['logs.batch.maxQueueSize'],
      ),
      scheduledDelayMillis: config['logs.batch.scheduledDelayMillis'],
      exportTimeoutMillis: config['logs.batch.exportTimeoutMillis'],
    });
  const format = config['logs.console'];
  const onConsole = (wants: (record: ReadableLogRecord) => boolean): LogRecordProcessor =>
    new ConsoleProcessor(new ConsoleLogExporter(typeof format === 'string' ? { format } : {}), wants);

  const exporters = choices<LogRecordExporter>(config['logs.exporter']);
  const processors = [...(config['logs.logRecordProcessors'] ?? [])];
  if (exporters.includes('console')) processors.push(onConsole(() => true));
  else if (format !== false) processors.push(onConsole(madeByGetLogger));
  for (const choice of exporters) {
    if (typeof choice === 'object') processors.push(batched(choice));
    else if (choice === 'otlp') processors.push(batched(otlpLogExporter(config['logs.protocol'])));
  }
  return processors;
}
