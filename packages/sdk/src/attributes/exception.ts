import { inspect, types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';
import { readMembers } from '../values/members.ts';
import { toAnyValue } from '../values/value-converter.ts';
import { isNestedList } from '../values/value-text.ts';

const maxCauses = 8;
const maxTextLength = 500;
/** Placeholder for a message that throws when it is read. */
export const unreadable = '[unreadable]';

/** Whether a value is an error of this or another realm. Never throws, even if a proxy does. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || types.isNativeError(value);
  } catch {
    return false;
  }
}

/** Returns undefined if `read` throws: members of a thrown value may be accessors. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Formats any value, within the bounds of a conversion. */
function inspectValue(value: unknown): string {
  return inspect(toAnyValue(value));
}

function toText(value: unknown): string {
  // Formatting a huge integer takes more than linear time.
  if (typeof value === 'bigint') return String(toAnyValue(value));
  return attempt(() => (isNestedList(value) ? undefined : String(value))) ?? inspectValue(value);
}

/** Returns a member as text; undefined if it is absent, empty or throws. */
function readText(error: Error, name: 'message' | 'name' | 'stack'): string | undefined {
  const value = attempt<unknown>(() => error[name]);
  return value === undefined || value === null || value === '' ? undefined : toText(value);
}

function errorType(error: Error): string {
  const constructorName = attempt<unknown>(() => error.constructor.name);
  if (typeof constructorName === 'string' && constructorName !== '') return constructorName;
  return readText(error, 'name') ?? 'Error';
}

/** Returns the message; `[unreadable]` if it throws. */
function errorMessage(error: Error): string {
  const message = attempt(() => toText(error.message ?? ''));
  return message ?? unreadable;
}

/** Returns the stack of an error and of its causes. */
function fullStack(error: Error, depth: number): string {
  const stack =
    readText(error, 'stack') ?? `${readText(error, 'name') ?? errorType(error)}: ${errorMessage(error)}`;
  if (depth === maxCauses) return stack;
  const cause = attempt<unknown>(() => error.cause);
  if (cause === undefined) return stack;
  const text = isError(cause) ? fullStack(cause, depth + 1) : inspectValue(cause);
  return `${stack}\nCaused by: ${text}`;
}

/** Formats a thrown value in one line for a message, in at most 500 characters. Never throws. */
export function errorText(thrown: unknown): string {
  const text = isError(thrown) ? `${errorType(thrown)}: ${errorMessage(thrown)}` : toText(thrown);
  return text.slice(0, maxTextLength);
}

/**
 * Converts a thrown value to attributes: the class name, the message, and the stack with those of its causes. Never
 * throws.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
 */
export function exceptionAttributes(thrown: unknown): Attributes {
  if (!isError(thrown)) {
    return { [ATTR_EXCEPTION_TYPE]: typeof thrown, [ATTR_EXCEPTION_MESSAGE]: toText(thrown) };
  }
  return {
    [ATTR_EXCEPTION_TYPE]: errorType(thrown),
    [ATTR_EXCEPTION_MESSAGE]: errorMessage(thrown),
    [ATTR_EXCEPTION_STACKTRACE]: fullStack(thrown, 0),
  };
}

/** Formats an error with its stack for a message. Never throws. */
export function errorDetails(error: unknown): string {
  return isError(error) ? fullStack(error, 0) : toText(error);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * Maps an error in a log record to the `exception.*` attributes. A serialized error is recognized by its `message` or
 * `stack`. Its other members stay under the original key. Never throws.
 *
 * @param members changed in place
 * @param key the key of the error
 */
export function mapException(members: Record<string, unknown>, key: string): void {
  const value: unknown = members[key];
  if (typeof value !== 'object' || value === null) return;
  const { type, name, message, stack, ...rest } = readMembers(value);
  if (isError(value)) Object.assign(members, exceptionAttributes(value));
  else if (!isText(message) && !isText(stack)) return;
  else {
    if (isText(type) || isText(name)) members[ATTR_EXCEPTION_TYPE] = isText(type) ? type : name;
    if (isText(message)) members[ATTR_EXCEPTION_MESSAGE] = message;
    if (isText(stack)) members[ATTR_EXCEPTION_STACKTRACE] = stack;
  }
  delete members[key];
  if (Object.keys(rest).length > 0) members[key] = rest;
}

/** Converts any value to text; throws if the conversion of the value does. */
export const coerceToText = (value: unknown): string =>
  isNestedList(value) ? inspectValue(value) : ''.concat(value as string);

/** An exception as the API types it. */
interface ThrownValue {
  readonly code?: unknown;
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
}

/**
 * Converts an exception to attributes as upstream's SDK does: `code` takes precedence over `name`. Throws if a getter of
 * the exception does.
 */
export function upstreamExceptionAttributes(exception: unknown): Attributes {
  if (typeof exception === 'string') return { [ATTR_EXCEPTION_MESSAGE]: exception };
  const attributes: Attributes = {};
  if (!exception) return attributes;
  const { code, name, message, stack } = exception as ThrownValue;
  if (code) attributes[ATTR_EXCEPTION_TYPE] = coerceToText(code);
  else if (name) attributes[ATTR_EXCEPTION_TYPE] = name;
  if (message) attributes[ATTR_EXCEPTION_MESSAGE] = message;
  if (stack) attributes[ATTR_EXCEPTION_STACKTRACE] = stack;
  return attributes;
}
