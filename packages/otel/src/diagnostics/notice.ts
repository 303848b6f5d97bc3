import { state } from '../state.ts';
import { lineWriter } from '@sonde/sdk';

const stderr = 2;

/** Writes one line to stderr, and keeps still if that is not possible: a notice never harms the application. */
export function printLine(line: string): void {
  const writer = lineWriter(stderr);
  // The stream of Node.js would report a reader that is gone later, where nobody catches it.
  writer.write(`${line}\n`);
  writer.flush();
}

/**
 * Tells the operator of a fault of telemetry, once for each `code` and `subject` in the life of the process.
 *
 * @param code what kind of fault: `SONDE_…`
 * @param subject what it befell, so that the same fault elsewhere is told too
 */
export function warnOnce(code: string, subject: string, message: string): void {
  const key = `${code} ${subject}`;
  if (state.notices.has(key)) return;
  state.notices.add(key);
  printLine(`sonde: ${message} [${code}]`);
}
