import { inspect, types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';
import { readMembers } from '../values/members.ts';
import { toAnyValue } from '../values/value-converter.ts';

const maxCauses = 8;
/** Stands for what throws when it is read. */
export const unreadable = '[unreadable]';

/** Whether a value is an error, of this realm or another; a proxy may refuse the question. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || types.isNativeError(value);
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

/** Any value as a developer reads it, within the bounds of a conversion. */
function shown(value: unknown): string {
  return inspect(toAnyValue(value));
}

function textOf(value: unknown): string {
  // To find the digits of a huge integer takes more than linear time.
  const own = typeof value === 'bigint' ? String(toAnyValue(value)) : attempt(() => String(value));
  return own ?? shown(value);
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
  const text = isError(cause) ? stackOf(cause, depth + 1) : shown(cause);
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

/** An error with its stack as text, for a message of ours. Never throws. */
export function errorDetails(error: unknown): string {
  return isError(error) ? stackOf(error, 0) : textOf(error);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * Names an error among the members of a record as the conventions do. A serialized error is recognized by its `message`
 * or `stack`. What it has beside class, message and stack stays under its name. Never throws.
 *
 * @param members changed in place
 * @param key the name that the error has among them
 */
export function nameException(members: Record<string, unknown>, key: string): void {
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
