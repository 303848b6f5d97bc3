/** Why an export failed: `SONDE_OTLP_ABORTED` when it was given up, `SONDE_OTLP_TIMEOUT`, or what the other side did. */
export type OtlpErrorCode =
  | 'SONDE_OTLP_ABORTED'
  | 'SONDE_OTLP_CONNECTION'
  | 'SONDE_OTLP_NOTHING_ENCODED'
  | 'SONDE_OTLP_PARTLY_REJECTED'
  | 'SONDE_OTLP_REFUSED'
  | 'SONDE_OTLP_TIMEOUT';

/**
 * Telemetry was not delivered, or not all of it. It is given to the callback of `export`, never thrown.
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
  /** What the receiver answered, if it did: 404. */
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
