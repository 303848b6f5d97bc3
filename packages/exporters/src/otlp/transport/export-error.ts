/** The reason for a failed or partly rejected export. */
export type OtlpErrorCode =
  | 'SONDE_OTLP_ABORTED'
  | 'SONDE_OTLP_CONNECTION'
  | 'SONDE_OTLP_NOTHING_ENCODED'
  | 'SONDE_OTLP_PARTLY_REJECTED'
  | 'SONDE_OTLP_QUEUE_FULL'
  | 'SONDE_OTLP_REFUSED'
  | 'SONDE_OTLP_TIMEOUT';

/**
 * Telemetry was not delivered completely. Passed to the callback of `export`, never thrown.
 *
 * @example
 * ```ts
 * exporter.export(spans, ({ error }) => {
 *   if (error instanceof OtlpExportError) console.error(error.code, error.statusCode);
 * });
 * ```
 */
export class OtlpExportError extends Error {
  override readonly name: string = 'OtlpExportError';
  readonly code: OtlpErrorCode;
  /** The HTTP status of the response, such as 404; undefined without a response. */
  readonly statusCode: number | undefined;

  constructor(
    code: OtlpErrorCode,
    message: string,
    options: ErrorOptions & { readonly statusCode?: number | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    this.statusCode = options.statusCode;
  }
}
