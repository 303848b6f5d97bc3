import { state } from '../state.ts';
import { lineWriter } from '@sonde/sdk';

const stderr = 2;

/** Writes one line to stderr. Does nothing if that fails: a notice never harms the application. */
export function printLine(line: string): void {
  const writer = lineWriter(stderr);
  // `process.stderr` would emit an error for a closed pipe later, where nothing catches it.
  writer.write(`${line}\n`);
  writer.flush();
}

/**
 * Warns about a fault of telemetry on stderr, once for each `code` and `subject` in the life of the process.
 *
 * @param code the kind of fault: `SONDE_…`
 * @param subject the affected object, so that the same fault of another object is reported too
 */
export function warnOnce(code: string, subject: string, message: string): void {
  const key = `${code} ${subject}`;
  if (state.notices.has(key)) return;
  state.notices.add(key);
  printLine(`sonde: ${message} [${code}]`);
}

/** Warns once that the provider keeps no more tracers or loggers. */
export function warnScopeLimit(scopes: 'tracers' | 'loggers', limit: number): void {
  const message = `${limit} ${scopes} exist and later ones are not kept: use few names, and attributes for values that vary`;
  warnOnce('SONDE_NAMES_LIMIT', scopes, message);
}
