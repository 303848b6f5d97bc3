import { format } from 'node:util';
import { type Logger as ApiLogger, diag, logs } from '@opentelemetry/api';
import { ATTR_EXCEPTION_STACKTRACE } from '@opentelemetry/semantic-conventions';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';

import { type Level, severityByLevel, severityText } from '../api/level.ts';
import { getLoggerState } from '../api/logger-state.ts';
import { exceptionAttributes, isError, errorText, unreadable } from '@sonde/sdk';

const levelByMethod = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'trace',
} as const satisfies Record<string, Level>;
type Method = keyof typeof levelByMethod;
const methods = Object.keys(levelByMethod) as Method[];

/** Never throws: an argument may hold accessors that do, and `console` prints it all the same. */
function emitConsoleRecord(logger: ApiLogger, level: Level, given: readonly unknown[]): void {
  try {
    const error = given.find(isError);
    logger.emit({
      severityNumber: severityByLevel[level],
      severityText: severityText[level],
      body: textOf(given),
      attributes: error === undefined ? {} : exceptionAttributes(error),
    });
  } catch (fault) {
    deliveryStats.records.refused++;
    diag.error('What console printed could not be recorded', errorText(fault));
  }
}

/** The arguments as `console` prints them; those that cannot be formatted together are formatted one by one. */
function textOf(given: readonly unknown[]): string {
  try {
    return format(...given);
  } catch {
    return given
      .map((each) => (isError(each) ? exceptionAttributes(each)[ATTR_EXCEPTION_STACKTRACE] : formatted(each)))
      .join(' ');
  }
}

function formatted(value: unknown): string {
  try {
    return format(value);
  } catch {
    return unreadable;
  }
}

/**
 * Makes log records, of a logger called `console`, of what the application writes with `console`.
 *
 * @param replace whether the records take the place of the output, and are written in the format of all others;
 * else the output stays as it was
 * @returns gives `console` back what it had
 */
export function captureConsole(replace: boolean): () => void {
  // A logger that is known to the console exporter is written by it.
  const logger = replace ? getLoggerState('console').api : logs.getLogger('console');
  const originals = Object.fromEntries(methods.map((method) => [method, console[method]]));
  let inside = false;
  for (const method of methods) {
    const original = console[method];
    console[method] = (...given: unknown[]): void => {
      if (!replace || inside) original.apply(console, given);
      // What telemetry writes while it handles a record must not become another one.
      if (inside) return;
      inside = true;
      try {
        emitConsoleRecord(logger, levelByMethod[method], given);
      } finally {
        inside = false;
      }
    };
  }
  return () => void Object.assign(console, originals);
}
