import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';
import { exceptionAttributes } from '../logs/exception.ts';

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * Names an error among the members of a record as the conventions do. What a serializer has made of it, and a
 * redaction after that, is what is told; what it has beside class, message and stack stays under its name.
 *
 * @param members changed in place
 * @param key the name that the error has among them
 */
export function nameException(members: Record<string, unknown>, key: string): void {
  const value: unknown = members[key];
  if (value instanceof Error) {
    delete members[key];
    Object.assign(members, exceptionAttributes(value));
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const { type, name, message, stack, ...rest } = value as Record<string, unknown>;
  if (!isText(message) && !isText(stack)) return;
  if (isText(type) || isText(name)) members[ATTR_EXCEPTION_TYPE] = isText(type) ? type : String(name);
  if (isText(message)) members[ATTR_EXCEPTION_MESSAGE] = message;
  if (isText(stack)) members[ATTR_EXCEPTION_STACKTRACE] = stack;
  delete members[key];
  if (Object.keys(rest).length > 0) members[key] = rest;
}
