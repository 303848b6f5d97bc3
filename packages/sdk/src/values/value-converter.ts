import type { AnyValue } from '@opentelemetry/api';
import { types } from 'node:util';
import { setMember, truncateName } from './members.ts';
import { toBytes, errorMembers, firstItems, readEntries, iteratePairs } from './containers.ts';
import {
  functionText,
  isClassless,
  convertInteger,
  isPlainObject,
  scalarText,
  thrownMarker,
  truncatedMarker,
} from './value-text.ts';

/** Limits of a conversion. */
export interface ConversionLimits {
  /** Maximum length of a string, in UTF-16 code units. @default 65536 */
  readonly maxTextLength?: number;
  /** Maximum total length of strings and byte arrays, in code units and bytes. @default 262144 */
  readonly maxTotalLength?: number;
  /** Maximum number of values, including nested ones. @default 4096 */
  readonly maxValues?: number;
  /** Maximum number of members of an object, or items of a list. @default 256 */
  readonly maxEntries?: number;
  /** Whether 64-bit integers beyond the safe range stay `bigint`; otherwise they become text. @default true */
  readonly keepsInt64?: boolean;
  /** Whether values that the API's types do not allow throw a `TypeError`. @default false */
  readonly isStrict?: boolean;
}

/** The default of `maxTextLength`: back ends reject much shorter strings. */
export const maxTextLength: number = 64 * 1024;
const maxTotalLength = 256 * 1024;
const maxValues = 4096;
const maxEntries = 256;
const maxDepth = 8;
const maxNesting = 4;

/** The number of nested conversions: a getter may log the object that it belongs to. */
let activeConversions = 0;

/** Aborts a strict conversion: it rejects a value as a whole. */
class RejectedValueError extends TypeError {}

/**
 * Converts values of any type to ones that every exporter can encode. All conversions of one converter share a budget.
 * Content beyond it is replaced by a marker, so that the time is linear even for cyclic and shared references.
 *
 * @see https://opentelemetry.io/docs/specs/otel/common/#anyvalue
 */
export class ValueConverter {
  readonly #maxTextLength: number;
  readonly #maxEntries: number;
  readonly #keepsInt64: boolean;
  readonly #isStrict: boolean;
  #valuesLeft: number;
  #textLeft: number;

  constructor(limits: ConversionLimits = {}) {
    this.#maxTextLength = limits.maxTextLength ?? maxTextLength;
    this.#maxEntries = limits.maxEntries ?? maxEntries;
    this.#keepsInt64 = limits.keepsInt64 ?? true;
    this.#isStrict = limits.isStrict ?? false;
    this.#valuesLeft = limits.maxValues ?? maxValues;
    this.#textLeft = Math.max(limits.maxTotalLength ?? maxTotalLength, this.#maxTextLength);
  }

  /**
   * Converts a value. Never throws unless the converter is strict.
   *
   * @throws {TypeError} if the converter is strict and the API does not allow the type
   */
  convert(value: unknown): AnyValue {
    if (activeConversions >= maxNesting) return truncatedMarker('read while other values are read');
    activeConversions++;
    try {
      return this.#value(value, 0, []);
    } catch (error) {
      if (this.#isStrict) throw error;
      return thrownMarker(error);
    } finally {
      activeConversions--;
    }
  }

  #value(value: unknown, depth: number, ancestors: readonly object[]): AnyValue {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return this.#unlessStrict(() => this.#integer(value));
      case 'symbol':
        return this.#unlessStrict(() => this.#text(String(value)));
      case 'function':
        return this.#unlessStrict(() => this.#text(functionText(value)));
      default:
        return value === null ? null : this.#object(value as object, depth, ancestors);
    }
  }

  #integer(value: bigint): AnyValue {
    const integer = convertInteger(value);
    return typeof integer === 'bigint' && !this.#keepsInt64 ? String(integer) : integer;
  }

  #unlessStrict(convert: () => AnyValue): AnyValue {
    if (this.#isStrict) throw new RejectedValueError('not a type of attribute values');
    return convert();
  }

  #object(value: object, depth: number, ancestors: readonly object[]): AnyValue {
    if (ancestors.includes(value)) return this.#unlessStrict(() => '[Circular]');
    if (types.isUint8Array(value)) return this.#bytes(value);
    if (depth >= maxDepth) return Array.isArray(value) ? '[Array]' : '[Object]';
    const path = [...ancestors, value];
    if (Array.isArray(value)) return this.#list(value, value.length, depth, path);
    if (this.#isStrict) {
      if (!isPlainObject(value)) throw new RejectedValueError('not a plain object');
      return this.#entries(value, Object.keys(value), depth, path);
    }
    if (isClassless(value)) {
      return this.#json(value, depth, path) ?? this.#entries(value, Object.keys(value), depth, path);
    }
    return this.#instance(value, depth, path);
  }

  #instance(value: object, depth: number, path: readonly object[]): AnyValue {
    if (types.isNativeError(value) || value instanceof Error) {
      return this.#entries(value, errorMembers(value), depth, path);
    }
    const text = scalarText(value);
    if (text !== undefined) return this.#text(text);
    const bytes = toBytes(value);
    if (bytes !== undefined) return this.#bytes(bytes);
    if (ArrayBuffer.isView(value)) {
      const numbers = value as ArrayBufferView & ArrayLike<unknown>;
      return this.#list(numbers, numbers.length, depth, path);
    }
    if (types.isSet(value)) {
      return this.#list(firstItems(value, this.#maxEntries), value.size, depth, path);
    }
    if (types.isMap(value)) {
      return this.#pairs(Map.prototype.entries.call(value), value.size, depth, path);
    }
    const json = this.#json(value, depth, path);
    if (json !== undefined) return json;
    const keys = Object.keys(value);
    const pairs = keys.length === 0 ? iteratePairs(value) : undefined;
    return pairs === undefined
      ? this.#entries(value, keys, depth, path)
      : this.#pairs(pairs, undefined, depth, path);
  }

  /** Converts the result of `toJSON`; undefined without that method. */
  #json(value: object, depth: number, path: readonly object[]): AnyValue {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== 'function') return undefined;
    let json: unknown;
    try {
      json = toJSON.call(value, '');
    } catch (error) {
      return thrownMarker(error);
    }
    return this.#value(json, depth + 1, path);
  }

  #list(list: ArrayLike<unknown>, length: number, depth: number, path: readonly object[]): AnyValue[] {
    const converted: AnyValue[] = [];
    const count = Math.min(length, this.#maxEntries);
    let index = 0;
    for (; index < count && this.#valuesLeft > 0; index++) {
      this.#valuesLeft--;
      converted.push(this.#read(list, index, depth, path));
    }
    if (index < length) converted.push(truncatedMarker(`${length - index} more items`));
    return converted;
  }

  #entries(
    holder: object,
    keys: readonly string[],
    depth: number,
    path: readonly object[],
  ): Record<string, AnyValue> {
    const converted: Record<string, AnyValue> = {};
    const count = Math.min(keys.length, this.#maxEntries);
    let index = 0;
    for (; index < count && this.#valuesLeft > 0; index++) {
      this.#valuesLeft--;
      const key = keys[index] as string;
      const value = this.#read(holder, key, depth, path);
      if (value !== undefined) setMember(converted, this.#key(key), value);
    }
    if (index < keys.length) converted['...'] = truncatedMarker(`${keys.length - index} more members`);
    return converted;
  }

  /** Converts pairs to an object if all keys are unique primitives, else to a list of pairs. */
  #pairs(
    pairs: Iterable<readonly [unknown, unknown]>,
    size: number | undefined,
    depth: number,
    path: readonly object[],
  ): AnyValue {
    const { entries, names, omitted } = readEntries(pairs, this.#maxEntries, size);
    if (names === undefined) {
      const list = this.#list(entries, entries.length, depth, path);
      if (omitted !== '') list.push(truncatedMarker(`${omitted} items`));
      return list;
    }
    const holder: Record<string, unknown> = {};
    for (const [index, [, value]] of entries.entries()) setMember(holder, names[index] as string, value);
    const converted = this.#entries(holder, Object.keys(holder), depth, path);
    if (omitted !== '') converted['...'] = truncatedMarker(`${omitted} members`);
    return converted;
  }

  #read(holder: object, key: PropertyKey, depth: number, path: readonly object[]): AnyValue {
    try {
      return this.#value((holder as Record<PropertyKey, unknown>)[key], depth + 1, path);
    } catch (error) {
      if (this.#isStrict) throw error;
      return thrownMarker(error);
    }
  }

  #text(text: string): string {
    const { length } = text;
    const limit = Math.min(this.#maxTextLength, this.#textLeft);
    this.#textLeft -= Math.min(length, limit);
    if (length <= limit) return text;
    return this.#isStrict
      ? text.slice(0, limit)
      : `${text.slice(0, limit)}… (${length - limit} more characters)`;
  }

  #key(key: string): string {
    const kept = truncateName(key);
    this.#textLeft = Math.max(0, this.#textLeft - kept.length);
    return kept;
  }

  /** Copies the bytes, because their owner may change them before the export. */
  #bytes(bytes: Uint8Array): AnyValue {
    const { length } = bytes;
    if (length > Math.min(this.#maxTextLength, this.#textLeft)) return truncatedMarker(`${length} bytes`);
    this.#textLeft -= length;
    return new Uint8Array(bytes);
  }
}

/** Converts one value. Never throws. */
export function toAnyValue(value: unknown): AnyValue {
  return new ValueConverter().convert(value);
}

/** Whether a value is a primitive that needs no conversion. */
export function isPlainValue(value: unknown): value is string | number | boolean | null | undefined {
  switch (typeof value) {
    case 'string':
      return value.length <= maxTextLength;
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return value === null;
  }
}
