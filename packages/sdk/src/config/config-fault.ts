import { nearest } from './nearest.ts';

/** One option that cannot be right. */
export interface ConfigFault {
  /** The option's path: `metrics.prometheus.port`. */
  readonly option: string;
  /** What is wrong with it, and what is allowed. */
  readonly problem: string;
}

/** What a value looks like in an error message: a short form of it, or its kind. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * The fault of an option that does not exist, with the nearest name that does.
 *
 * @param prefix the path of the options that the name stands in, with a dot at its end; empty at the top
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
 * The fault of an option whose value is not allowed.
 *
 * @param isSecret whether the value must not be shown
 */
export function createInvalidOptionFault(
  option: string,
  value: unknown,
  allowed: string,
  isSecret = false,
): ConfigFault {
  return { option, problem: `expected ${allowed}, got ${isSecret ? 'another value' : formatValue(value)}` };
}
