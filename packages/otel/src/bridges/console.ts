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

/** Never throws, although accessors of the arguments may: `console` prints such arguments too. */
function emitConsoleRecord(logger: ApiLogger, level: Level, args: readonly unknown[]): void {
  try {
    const error = args.find(isError);
    logger.emit({
      severityNumber: severityByLevel[level],
      severityText: severityText[level],
      body: formatArguments(args),
      attributes: error === undefined ? {} : exceptionAttributes(error),
    });
  } catch (fault) {
    deliveryStats.records.refused++;
    diag.error('failed to emit a log record for console output', errorText(fault));
  }
}

/** Formats the arguments as `console` does; one by one if they cannot be formatted together. */
function formatArguments(args: readonly unknown[]): string {
  try {
    return format(...args);
  } catch {
    return args
      .map((value) =>
        isError(value) ? exceptionAttributes(value)[ATTR_EXCEPTION_STACKTRACE] : formatSafely(value),
      )
      .join(' ');
  }
}

function formatSafely(value: unknown): string {
  try {
    return format(value);
  } catch {
    return unreadable;
  }
}

/**
 * Emits a log record of logger `console` for each call of `console.log` and the other printing methods of `console`.
 *
 * @param replace whether the records replace the output, in the format of the log console; otherwise the output stays
 * @returns restores the original methods
 */
export function captureConsole(replace: boolean): () => void {
  // The console exporter only writes records of registered loggers.
  const logger = replace ? getLoggerState('console').api : logs.getLogger('console');
  const originals = Object.fromEntries(methods.map((method) => [method, console[method]]));
  let isEmitting = false;
  for (const method of methods) {
    const original = console[method];
    console[method] = (...args: unknown[]): void => {
      if (!replace || isEmitting) original.apply(console, args);
      // Output of the pipeline itself must not create further records.
      if (isEmitting) return;
      isEmitting = true;
      try {
        emitConsoleRecord(logger, levelByMethod[method], args);
      } finally {
        isEmitting = false;
      }
    };
  }
  return () => void Object.assign(console, originals);
}
