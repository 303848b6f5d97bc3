import { nearest } from './nearest.ts';

/** One invalid option. */
export interface ConfigFault {
  /** The option's path: `metrics.prometheus.port`. */
  readonly option: string;
  /** The problem, and the expected value. */
  readonly problem: string;
}

/** Formats a value for an error message: a short form, or its type. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * Creates the fault of an unknown option, with the nearest known name.
 *
 * @param prefix the path of the containing options, with a trailing dot; empty at the top level
 */
export function createUnknownOptionFault(
  prefix: string,
  name: string,
  known: readonly string[],
): ConfigFault {
  const near = nearest(name, known);
  const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${prefix}${near}?`;
  return { option: prefix + name, problem: `unknown option; ${hint}` };
}

/**
 * Creates the fault of an option with an invalid value.
 *
 * @param expected describes the valid values
 * @param isSecret whether the message must not contain the value
 */
export function createInvalidOptionFault(
  option: string,
  value: unknown,
  expected: string,
  isSecret = false,
): ConfigFault {
  return { option, problem: `expected ${expected}, got ${isSecret ? 'another value' : formatValue(value)}` };
}
