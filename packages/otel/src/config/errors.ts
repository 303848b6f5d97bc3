/** One option that {@link SondeConfigError} complains of. */
export interface ConfigFault {
  /** The option's path: `metrics.prometheus.port`. */
  readonly option: string;
  /** What is wrong with it, and what is allowed. */
  readonly problem: string;
}

/**
 * `start()` was given options that cannot be right. All faults are collected before it is thrown.
 *
 * @example
 * ```ts
 * import { SondeConfigError, start } from '@sonde/otel';
 *
 * try {
 *   start(JSON.parse(process.env.MY_TELEMETRY ?? '{}'));
 * } catch (error) {
 *   if (error instanceof SondeConfigError) console.error(error.faults);
 * }
 * ```
 */
export class SondeConfigError extends Error {
  override readonly name: string = 'SondeConfigError';
  readonly code: string = 'SONDE_CONFIG';
  /** Every fault, in the order of the options. */
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const list = faults.map(({ option, problem }) => `${option}: ${problem}`);
    super(list.length === 1 ? `start(): ${list[0]}` : `start():\n  ${list.join('\n  ')}`);
    this.faults = faults;
  }
}
