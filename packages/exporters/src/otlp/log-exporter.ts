import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Encoded } from './encoded.ts';
import { OtlpExporter } from './exporter.ts';
import { encodeLogs } from './logs.ts';
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
export class OtlpLogExporter extends OtlpExporter<readonly ReadableLogRecord[]> implements LogRecordExporter {
  constructor(options: OtlpOptions = {}) {
    super('logs', options);
  }

  protected encode(records: readonly ReadableLogRecord[]): Encoded {
    return encodeLogs(records);
  }
}
