import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Encoded } from './encoded.ts';
import { OtlpExporter } from './exporter.ts';
import { encodeLogs, logsMessage } from './logs.ts';
import { OtlpMessage } from './message.ts';
import type { OtlpOptions } from './options.ts';

/**
 * Sends log records over OTLP/HTTP.
 *
 * @throws {SondeConfigError} for options that cannot be right, all faults in one
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @example
 * ```ts
 * const exporter = new OtlpLogExporter({ compression: 'gzip' });
 * const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
 * ```
 */
export class OtlpLogExporter
  extends OtlpExporter<readonly ReadableLogRecord[] | OtlpMessage<ReadableLogRecord>>
  implements LogRecordExporter
{
  constructor(options: OtlpOptions = {}) {
    super('logs', options);
  }

  /** A batch to be exported that is encoded while it is gathered. */
  message(): OtlpMessage<ReadableLogRecord> {
    return logsMessage();
  }

  protected encode(records: readonly ReadableLogRecord[] | OtlpMessage<ReadableLogRecord>): Encoded {
    return records instanceof OtlpMessage ? records.encoded : encodeLogs(records);
  }
}
