import { inspect } from 'node:util';
import { type Attributes, diag } from '@opentelemetry/api';

import { deliveryStats } from '../diagnostics/delivery-stats.ts';

import { type Level, type LevelName, parseSeverity, severityByLevel, severityText } from './level.ts';
import type { LoggerState } from '../state.ts';
import { getLoggerState, setSeverity } from './logger-state.ts';
import { errorDetails, exceptionAttributes, isError, readMembers, toAnyValue } from '@sonde/sdk';

/**
 * A named logger. Each method accepts a message and optionally attributes or an error. Records carry the trace and span id
 * of the active span. No method throws.
 */
export interface Logger {
  readonly name: string;
  trace(message: string, attributesOrError?: Attributes | Error): void;
  debug(message: string, attributesOrError?: Attributes | Error): void;
  info(message: string, attributesOrError?: Attributes | Error): void;
  warn(message: string, attributesOrError?: Attributes | Error): void;
  /** The same as `warn`. */
  warning(message: string, attributesOrError?: Attributes | Error): void;
  error(message: string, attributesOrError?: Attributes | Error): void;
  fatal(message: string, attributesOrError?: Attributes | Error): void;
  /** The same as `fatal`. */
  critical(message: string, attributesOrError?: Attributes | Error): void;
  /**
   * Logs a caught value at level `error`, with its stack and causes.
   *
   * @param message the body of the record; defaults to the message of the error
   */
  exception(thrown: unknown, message?: string, attributes?: Attributes): void;
  /** Returns a logger of the same name that adds these attributes to each record. */
  child(attributes: Attributes): Logger;
  /** Whether records of this level are emitted; call it before computing expensive attributes. */
  isEnabled(level: LevelName): boolean;
  /** Sets the minimum level of this name and of the dotted names below it, for existing loggers too. */
  setLevel(level: LevelName): void;
}

const none: Attributes = Object.freeze({});

class NamedLogger implements Logger {
  readonly #state: LoggerState;
  readonly #attributes: Attributes | undefined;

  constructor(state: LoggerState, attributes?: Attributes) {
    this.#state = state;
    this.#attributes = attributes;
  }

  get name(): string {
    return this.#state.name;
  }

  trace(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('trace', message, attributesOrError);
  }

  debug(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('debug', message, attributesOrError);
  }

  info(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('info', message, attributesOrError);
  }

  warn(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('warn', message, attributesOrError);
  }

  warning(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('warn', message, attributesOrError);
  }

  error(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('error', message, attributesOrError);
  }

  fatal(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('fatal', message, attributesOrError);
  }

  critical(message: string, attributesOrError?: Attributes | Error): void {
    this.#log('fatal', message, attributesOrError);
  }

  exception(thrown: unknown, message?: string, attributes?: Attributes): void {
    this.#log('error', message, attributes, thrown);
  }

  child(attributes: Attributes): Logger {
    return new NamedLogger(this.#state, {
      ...this.#attributes,
      ...(readMembers(attributes) as Attributes),
    });
  }

  isEnabled(level: LevelName): boolean {
    return (parseSeverity(level) ?? 0) >= this.#state.severity;
  }

  setLevel(level: LevelName): void {
    const severity = parseSeverity(level);
    if (severity === undefined) diag.warn(`setLevel(${inspect(toAnyValue(level))}): unknown level`);
    else setSeverity(this.#state.name, severity);
  }

  #log(level: Level, message?: string, attributesOrError?: Attributes | Error, thrown?: unknown): void {
    const severityNumber = severityByLevel[level];
    if ((severityNumber as number) < this.#state.severity) return;
    try {
      const exception = exceptionIn(message, attributesOrError, thrown);
      const text = exception !== undefined && exception === message ? undefined : message;
      const added =
        attributesOrError === undefined || attributesOrError === exception
          ? none
          : (attributesOrError as Attributes);
      if (exception === undefined && this.#attributes === undefined) this.#emit(level, text, added);
      else this.#emit(level, text, this.#mergeAttributes(added, exception));
    } catch (error) {
      deliveryStats.records.refused++;
      diag.error(`failed to emit a log record of logger ${this.#state.name}: ${errorDetails(error)}`);
    }
  }

  #emit(level: Level, message: string | undefined, attributes: Attributes): void {
    this.#state.api.emit({
      severityNumber: severityByLevel[level],
      severityText: severityText[level],
      body: message ?? String(attributes['exception.message']),
      attributes,
    });
  }

  #mergeAttributes(added: Attributes, exception: unknown): Attributes {
    const attributes: Attributes = { ...this.#attributes };
    if (exception !== undefined) Object.assign(attributes, exceptionAttributes(exception));
    return Object.assign(attributes, readMembers(added));
  }
}

/** The error among the arguments, including the message: other logging libraries accept it first. */
function exceptionIn(message: unknown, attributesOrError: unknown, thrown: unknown): unknown {
  if (attributesOrError !== undefined && isErrorObject(attributesOrError)) return attributesOrError;
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
 * Returns the logger of a name. Dotted names inherit the level of their parents: `app.db` uses the level of `app`. It may be
 * called before `start()`.
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
  return new NamedLogger(getLoggerState(name));
}
