import type { AnyValue } from '@opentelemetry/api';
import { types } from 'node:util';

const maxMessageLength = 200;
const longestInteger = 2n ** 4096n;

/** Creates a marker in place of omitted content. */
export function truncatedMarker(amount: string): string {
  return `[Truncated: ${amount}]`;
}

/** Creates a marker in place of a value that throws when it is read. Never throws. */
export function thrownMarker(thrown: unknown): string {
  const message = readMessage(thrown);
  return message === '' ? '[Throws]' : `[Throws: ${message}]`;
}

/** Whether a list contains lists or objects: as text, shared references among them expand without a bound. */
export function isNestedList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null);
}

function readMessage(thrown: unknown): string {
  try {
    const isObject = typeof thrown === 'object' && thrown !== null;
    const given: unknown = isObject && 'message' in thrown ? thrown.message : thrown;
    if (isNestedList(given)) return '';
    const message = String(given);
    return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`;
  } catch {
    return '';
  }
}

/** Converts an integer to a number if it is safe, keeps it within 64 bits, and formats it as text beyond. */
export function convertInteger(value: bigint): AnyValue {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  // The API has no type for 64-bit integers; the exporters encode them.
  if (BigInt.asIntN(64, value) === value) return value;
  // Formatting a huge integer takes more than linear time.
  if (value > longestInteger || value < -longestInteger)
    return truncatedMarker('an integer of more than 4096 bits');
  return String(value);
}

/** Formats an object that represents a single value, such as a date; undefined for all others. */
export function scalarText(value: object): string | undefined {
  if (types.isDate(value)) {
    const ms = Date.prototype.getTime.call(value);
    return Number.isNaN(ms) ? 'Invalid Date' : new Date(ms).toISOString();
  }
  if (types.isRegExp(value)) return RegExp.prototype.toString.call(value);
  if (types.isBoxedPrimitive(value)) return boxedText(value);
  if (types.isPromise(value)) return '[Promise]';
  if (types.isWeakMap(value)) return '[WeakMap]';
  return types.isWeakSet(value) ? '[WeakSet]' : undefined;
}

/** Formats a function. */
export function functionText({ name }: { readonly name?: unknown }): string {
  return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function (anonymous)]';
}

function boxedText(value: object): string {
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isNumberObject(value)) return String(Number.prototype.valueOf.call(value));
  if (types.isBooleanObject(value)) return String(Boolean.prototype.valueOf.call(value));
  if (types.isSymbolObject(value)) return Symbol.prototype.toString.call(value);
  return String(convertInteger(BigInt.prototype.valueOf.call(value)));
}

/** Whether the API's types allow an object as a map. */
export function isPlainObject(value: object): boolean {
  const { constructor } = value;
  return constructor === Object || constructor === undefined;
}

/** Whether an object has no class, as object literals do. */
export function isClassless(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
