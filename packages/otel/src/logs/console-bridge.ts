import { format } from 'node:util';
import { type Logger as ApiLogger, logs } from '@opentelemetry/api';
import { exceptionAttributes } from './exception.ts';
import { type Level, severityOf, severityText } from './level.ts';
import { loggerSource } from './source.ts';

const levelOf = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'trace',
} as const satisfies Record<string, Level>;
type Method = keyof typeof levelOf;
const methods = Object.keys(levelOf) as Method[];

function emit(logger: ApiLogger, level: Level, given: readonly unknown[]): void {
  const error = given.find((each) => each instanceof Error);
  logger.emit({
    severityNumber: severityOf[level],
    severityText: severityText[level],
    body: format(...given),
    attributes: error === undefined ? {} : exceptionAttributes(error),
  });
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
  const logger = replace ? loggerSource('console').api : logs.getLogger('console');
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
        emit(logger, levelOf[method], given);
      } finally {
        inside = false;
      }
    };
  }
  return () => void Object.assign(console, originals);
}
