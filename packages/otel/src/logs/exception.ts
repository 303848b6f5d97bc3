import { inspect } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';

const maxCauses = 8;

function stackOf(error: Error, depth: number): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  if (error.cause === undefined || depth === maxCauses) return own;
  const cause = error.cause instanceof Error ? stackOf(error.cause, depth + 1) : inspect(error.cause);
  return `${own}\nCaused by: ${cause}`;
}

/**
 * What was thrown, as attributes: the class name, the message, and the stack with those of its causes.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
 */
export function exceptionAttributes(thrown: unknown): Attributes {
  if (!(thrown instanceof Error)) {
    return { [ATTR_EXCEPTION_TYPE]: typeof thrown, [ATTR_EXCEPTION_MESSAGE]: String(thrown) };
  }
  return {
    [ATTR_EXCEPTION_TYPE]: thrown.constructor.name || thrown.name,
    [ATTR_EXCEPTION_MESSAGE]: thrown.message,
    [ATTR_EXCEPTION_STACKTRACE]: stackOf(thrown, 0),
  };
}
