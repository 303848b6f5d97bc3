import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';

/** What the API lets through as an exception. */
interface ThrownValue {
  readonly code?: unknown;
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
}

/** Any value as a text; it may throw as the value's own conversion does. */
export const toText = (value: unknown): string => ''.concat(value as string);

/** An exception as upstream's SDK describes it: `code` wins over the name of the class. */
export function toExceptionAttributes(exception: unknown): Attributes {
  if (typeof exception === 'string') return { [ATTR_EXCEPTION_MESSAGE]: exception };
  const attributes: Attributes = {};
  if (!exception) return attributes;
  const { code, name, message, stack } = exception as ThrownValue;
  if (code) attributes[ATTR_EXCEPTION_TYPE] = toText(code);
  else if (name) attributes[ATTR_EXCEPTION_TYPE] = name;
  if (message) attributes[ATTR_EXCEPTION_MESSAGE] = message;
  if (stack) attributes[ATTR_EXCEPTION_STACKTRACE] = stack;
  return attributes;
}
