import type { ConfigFault } from './config-fault.ts';

/**
 * Thrown for invalid options, with all faults of one call.
 *
 * @example
 * ```ts
 * try {
 *   new PrometheusExporter(JSON.parse(process.env.METRICS ?? '{}'));
 * } catch (error) {
 *   if (error instanceof SondeConfigError) console.error(error.faults);
 * }
 * ```
 */
export class SondeConfigError extends Error {
  override readonly name: string = 'SondeConfigError';
  readonly code: string = 'SONDE_CONFIG';
  /** All faults, in the order of the options. */
  readonly faults: readonly ConfigFault[];

  /** @param subject the function or class that received the options: `start()` */
  constructor(subject: string, faults: readonly ConfigFault[]) {
    const list = faults.map(({ option, problem }) => `${option}: ${problem}`);
    super(list.length === 1 ? `${subject}: ${list[0]}` : `${subject}:\n  ${list.join('\n  ')}`);
    this.faults = faults;
  }
}
