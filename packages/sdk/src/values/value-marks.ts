import type { AnyValue } from '@opentelemetry/api';
import { types } from 'node:util';

const maxMessageLength = 200;
const longestInteger = 2n ** 4096n;

/** A mark where something was cut. */
export function truncated(amount: string): string {
  return `[Truncated: ${amount}]`;
}

/** A mark in the place of a value that throws when it is read. Never throws. */
export function thrownMark(thrown: unknown): string {
  const message = messageIn(thrown);
  return message === '' ? '[Throws]' : `[Throws: ${message}]`;
}

function messageIn(thrown: unknown): string {
  try {
    const isObject = typeof thrown === 'object' && thrown !== null;
    const message = String(isObject && 'message' in thrown ? thrown.message : thrown);
    return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`;
  } catch {
    return '';
  }
}

/** An integer as a number where one holds it, as itself within 64 bits, and as text beyond. */
export function integerOrText(value: bigint): AnyValue {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  // The types of the API know no integer of 64 bits; the exporters do.
  if (BigInt.asIntN(64, value) === value) return value;
  // To find the digits of a huge integer takes more than linear time.
  if (value > longestInteger || value < -longestInteger)
    return truncated('an integer of more than 4096 bits');
  return String(value);
}

/** The text of an object that is a single value, such as a date; undefined for all others. */
export function ownText(value: object): string | undefined {
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

/** A function by its name. */
export function functionText({ name }: { readonly name?: unknown }): string {
  return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function (anonymous)]';
}

function boxedText(value: object): string {
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isNumberObject(value)) return String(Number.prototype.valueOf.call(value));
  if (types.isBooleanObject(value)) return String(Boolean.prototype.valueOf.call(value));
  if (types.isSymbolObject(value)) return Symbol.prototype.toString.call(value);
  return String(integerOrText(BigInt.prototype.valueOf.call(value)));
}

/** Whether an object is one that the API's types allow as a map. */
export function isPlainObject(value: object): boolean {
  const { constructor } = value;
  return constructor === Object || constructor === undefined;
}

/** Whether an object is of no class, as object literals are. */
export function hasNoClass(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
