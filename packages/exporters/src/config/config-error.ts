/**
 * Thrown when options are wrong. All faults of one call are collected: `faults` has one sentence for each, and `message` joins them.
 *
 * @example
 * ```ts
 * try {
 *   new PrometheusExporter({ prot: 9464 } as object);
 * } catch (error) {
 *   if (error instanceof SondeConfigError) console.error(error.faults);
 * }
 * ```
 */
export class SondeConfigError extends Error {
  readonly code = 'SONDE_CONFIG';
  /** One sentence for each fault: the option, the value received and what is allowed. */
  readonly faults: readonly string[];

  constructor(subject: string, faults: readonly string[]) {
    super(`${subject}: ${faults.join('; ')}`);
    this.name = 'SondeConfigError';
    this.faults = faults;
  }
}
