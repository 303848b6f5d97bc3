import { inspect } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';

const maxCauses = 8;
/** Stands for what throws when it is read. */
export const unreadable = '[unreadable]';

/** Whether a value is an error; a proxy may refuse the question. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** What `read` returns, or undefined if it throws: members of a thrown value may be accessors. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return attempt(() => String(value)) ?? attempt(() => inspect(value)) ?? unreadable;
}

/** The member as text; undefined if it is absent, empty or throws. */
function member(error: Error, name: 'message' | 'name' | 'stack'): string | undefined {
  const value = attempt<unknown>(() => error[name]);
  return value === undefined || value === null || value === '' ? undefined : textOf(value);
}

function typeOf(error: Error): string {
  const constructorName = attempt<unknown>(() => error.constructor.name);
  if (typeof constructorName === 'string' && constructorName !== '') return constructorName;
  return member(error, 'name') ?? 'Error';
}

/** The message; `[unreadable]` if it throws. */
function messageOf(error: Error): string {
  const message = attempt(() => textOf(error.message ?? ''));
  return message ?? unreadable;
}

function stackOf(error: Error, depth: number): string {
  const own = member(error, 'stack') ?? `${member(error, 'name') ?? typeOf(error)}: ${messageOf(error)}`;
  if (depth === maxCauses) return own;
  const cause = attempt<unknown>(() => error.cause);
  if (cause === undefined) return own;
  const text = isError(cause) ? stackOf(cause, depth + 1) : (attempt(() => inspect(cause)) ?? unreadable);
  return `${own}\nCaused by: ${text}`;
}

/** A thrown value in one line, for a message of ours. */
export function thrownText(thrown: unknown): string {
  return isError(thrown) ? `${typeOf(thrown)}: ${messageOf(thrown)}` : textOf(thrown);
}

/**
 * What was thrown, as attributes: the class name, the message, and the stack with those of its causes. Never throws,
 * whatever was thrown.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
 */
export function exceptionAttributes(thrown: unknown): Attributes {
  if (!isError(thrown)) {
    return { [ATTR_EXCEPTION_TYPE]: typeof thrown, [ATTR_EXCEPTION_MESSAGE]: textOf(thrown) };
  }
  return {
    [ATTR_EXCEPTION_TYPE]: typeOf(thrown),
    [ATTR_EXCEPTION_MESSAGE]: messageOf(thrown),
    [ATTR_EXCEPTION_STACKTRACE]: stackOf(thrown, 0),
  };
}
