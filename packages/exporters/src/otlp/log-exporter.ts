import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { OtlpExporter } from './exporter.ts';
import { encodeLogs, createLogsRequest } from './encode/logs.ts';
import { type EncodedRequest, OtlpRequestBuilder } from './encode/request-builder.ts';
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
  extends OtlpExporter<readonly ReadableLogRecord[] | OtlpRequestBuilder<ReadableLogRecord>>
  implements LogRecordExporter
{
  constructor(options: OtlpOptions = {}) {
    super('logs', options);
  }

  /** A batch to be exported that is encoded while it is gathered. */
  createBatch(): OtlpRequestBuilder<ReadableLogRecord> {
    return createLogsRequest();
  }

  protected encode(
    records: readonly ReadableLogRecord[] | OtlpRequestBuilder<ReadableLogRecord>,
  ): EncodedRequest {
    return records instanceof OtlpRequestBuilder ? records.encoded : encodeLogs(records);
  }
}
