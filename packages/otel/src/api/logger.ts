import { inspect } from 'node:util';
import { type Attributes, diag } from '@opentelemetry/api';

import { deliveryStats } from '../diagnostics/delivery-stats.ts';

import { type Level, type LevelName, parseSeverity, severityByLevel, severityText } from './level.ts';
import { type LoggerState, getLoggerState, setSeverity } from './logger-state.ts';
import { errorDetails, exceptionAttributes, isError, readMembers, toAnyValue } from '@sonde/sdk';

/**
 * A named logger. Each method takes a message and, if wanted, attributes or an error. A record carries the ids of
 * the span that is active. No method throws.
 */
export interface Logger {
  readonly name: string;
  trace(message: string, more?: Attributes | Error): void;
  debug(message: string, more?: Attributes | Error): void;
  info(message: string, more?: Attributes | Error): void;
  warn(message: string, more?: Attributes | Error): void;
  /** The same as `warn`. */
  warning(message: string, more?: Attributes | Error): void;
  error(message: string, more?: Attributes | Error): void;
  fatal(message: string, more?: Attributes | Error): void;
  /** The same as `fatal`. */
  critical(message: string, more?: Attributes | Error): void;
  /** Logs what was caught at level `error`, with its stack and causes. @default message: that of the error */
  exception(thrown: unknown, message?: string, attributes?: Attributes): void;
  /** A logger of the same name that adds these attributes to each record. */
  child(attributes: Attributes): Logger;
  /** Whether a record of this level would pass; ask before you build something only for a record. */
  isEnabled(level: LevelName): boolean;
  /** Sets the level of this name and of the dotted names below it, for the loggers that exist too. */
  setLevel(level: LevelName): void;
}

const none: Attributes = Object.freeze({});

class SourceLogger implements Logger {
  readonly #source: LoggerState;
  readonly #attributes: Attributes | undefined;

  constructor(source: LoggerState, attributes?: Attributes) {
    this.#source = source;
    this.#attributes = attributes;
  }

  get name(): string {
    return this.#source.name;
  }

  trace(message: string, more?: Attributes | Error): void {
    this.#log('trace', message, more);
  }

  debug(message: string, more?: Attributes | Error): void {
    this.#log('debug', message, more);
  }

  info(message: string, more?: Attributes | Error): void {
    this.#log('info', message, more);
  }

  warn(message: string, more?: Attributes | Error): void {
    this.#log('warn', message, more);
  }

  warning(message: string, more?: Attributes | Error): void {
    this.#log('warn', message, more);
  }

  error(message: string, more?: Attributes | Error): void {
    this.#log('error', message, more);
  }

  fatal(message: string, more?: Attributes | Error): void {
    this.#log('fatal', message, more);
  }

  critical(message: string, more?: Attributes | Error): void {
    this.#log('fatal', message, more);
  }

  exception(thrown: unknown, message?: string, attributes?: Attributes): void {
    this.#log('error', message, attributes, thrown);
  }

  child(attributes: Attributes): Logger {
    return new SourceLogger(this.#source, {
      ...this.#attributes,
      ...(readMembers(attributes) as Attributes),
    });
  }

  isEnabled(level: LevelName): boolean {
    return (parseSeverity(level) ?? 0) >= this.#source.severity;
  }

  setLevel(level: LevelName): void {
    const severity = parseSeverity(level);
    if (severity === undefined) diag.warn(`setLevel(${inspect(toAnyValue(level))}): there is no such level`);
    else setSeverity(this.#source.name, severity);
  }

  #log(level: Level, message?: string, more?: Attributes | Error, thrown?: unknown): void {
    const severityNumber = severityByLevel[level];
    if ((severityNumber as number) < this.#source.severity) return;
    try {
      const exception = exceptionIn(message, more, thrown);
      const text = exception !== undefined && exception === message ? undefined : message;
      const added = more === undefined || more === exception ? none : (more as Attributes);
      if (exception === undefined && this.#attributes === undefined) this.#emit(level, text, added);
      else this.#emit(level, text, this.#joined(added, exception));
    } catch (error) {
      deliveryStats.records.refused++;
      diag.error(`A log record of ${this.#source.name} was lost: ${errorDetails(error)}`);
    }
  }

  #emit(level: Level, message: string | undefined, attributes: Attributes): void {
    this.#source.api.emit({
      severityNumber: severityByLevel[level],
      severityText: severityText[level],
      body: message ?? String(attributes['exception.message']),
      attributes,
    });
  }

  #joined(added: Attributes, exception: unknown): Attributes {
    const attributes: Attributes = { ...this.#attributes };
    if (exception !== undefined) Object.assign(attributes, exceptionAttributes(exception));
    return Object.assign(attributes, readMembers(added));
  }
}

/** The error among what a method is given, the message included: who comes from other loggers gives it first. */
function exceptionIn(message: unknown, more: unknown, thrown: unknown): unknown {
  if (more !== undefined && isErrorObject(more)) return more;
  if (thrown !== undefined) return thrown;
  return typeof message === 'object' && isError(message) ? message : undefined;
}

function isErrorObject(value: unknown): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/**
 * The logger of a name. Dotted names inherit the level of their parents: `app.db` takes that of `app`.
 *
 * @example
 * ```ts
 * import { getLogger } from '@sonde/otel';
 *
 * const log = getLogger('app.db');
 * log.info('connected', { 'db.namespace': 'shop' });
 * ```
 */
export function getLogger(name: string): Logger {
  return new SourceLogger(getLoggerState(name));
}
