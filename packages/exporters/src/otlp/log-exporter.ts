import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { OtlpExporter } from './exporter.ts';
import { encodeLogs, createLogsRequest } from './encode/logs.ts';
import { type EncodedRequest, OtlpRequestBuilder } from './encode/request-builder.ts';
import type { OtlpOptions } from './options.ts';

/**
 * Sends log records over OTLP/HTTP.
 *
 * @throws {SondeConfigError} that lists all invalid options
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

  /** Creates a batch that encodes items as they are added, to be passed to `export` in place of an array. */
  createBatch(): OtlpRequestBuilder<ReadableLogRecord> {
    return createLogsRequest(this.fullBytes);
  }

  protected encode(
    records: readonly ReadableLogRecord[] | OtlpRequestBuilder<ReadableLogRecord>,
  ): readonly EncodedRequest[] {
    return [records instanceof OtlpRequestBuilder ? records.encoded : encodeLogs(records)];
  }
}
