import type { AnyValue } from '@opentelemetry/api';
import { types } from 'node:util';
import { setMember } from './members.ts';
import { bytesIn, errorMembers, firstItems, mapEntries, pairsIn } from './containers.ts';
import {
  functionText,
  hasNoClass,
  integerOrText,
  isPlainObject,
  ownText,
  thrownMark,
  truncated,
} from './value-marks.ts';

/** Bounds of a conversion. */
export interface ConversionLimits {
  /** The longest string, in UTF-16 code units. @default 65536 */
  readonly maxTextLength?: number;
  /** All strings and byte arrays together, in code units and bytes. @default 262144 */
  readonly maxTotalLength?: number;
  /** All values together: members, items and the values that hold them. @default 4096 */
  readonly maxValues?: number;
  /** The members or items of one object or list. @default 256 */
  readonly maxEntries?: number;
  /** Keeps integers beyond the safe ones, within 64 bits, as `bigint`; else they are text. @default true */
  readonly keepsInt64?: boolean;
  /** Refuses what the API's types do not allow, with a `TypeError`, instead of converting it. @default false */
  readonly isStrict?: boolean;
}

/** The longest string that a value keeps: back ends refuse much less than this. */
export const maxTextLength: number = 64 * 1024;
const maxTotalLength = 256 * 1024;
const maxValues = 4096;
const maxEntries = 256;
const maxDepth = 8;
const maxNesting = 4;
const maxKeyLength = 1024;

/** How many conversions are under way: a getter may log the object that it belongs to. */
let underWay = 0;

/** Thrown through the whole conversion: a strict one refuses a value as one piece. */
class RefusedValue extends TypeError {}

/**
 * Converts values of any type to ones that every exporter can encode. One converter has one budget: what exceeds it is
 * cut, with a mark in its place, so that the time is linear whatever the values refer to.
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
   * Never throws, unless it is strict.
   *
   * @throws {TypeError} when a strict converter meets a type that the API does not allow
   */
  convert(value: unknown): AnyValue {
    if (underWay >= maxNesting) return truncated('read while other values are read');
    underWay++;
    try {
      return this.#value(value, 0, []);
    } catch (error) {
      if (this.#isStrict) throw error;
      return thrownMark(error);
    } finally {
      underWay--;
    }
  }

  #value(value: unknown, depth: number, above: readonly object[]): AnyValue {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return this.#foreign(() => this.#integer(value));
      case 'symbol':
        return this.#foreign(() => this.#text(String(value)));
      case 'function':
        return this.#foreign(() => this.#text(functionText(value)));
      default:
        return value === null ? null : this.#object(value as object, depth, above);
    }
  }

  #integer(value: bigint): AnyValue {
    const integer = integerOrText(value);
    return typeof integer === 'bigint' && !this.#keepsInt64 ? String(integer) : integer;
  }

  #foreign(convert: () => AnyValue): AnyValue {
    if (this.#isStrict) throw new RefusedValue('not a type of attribute values');
    return convert();
  }

  #object(value: object, depth: number, above: readonly object[]): AnyValue {
    if (above.includes(value)) return this.#foreign(() => '[Circular]');
    if (types.isUint8Array(value)) return this.#bytes(value);
    if (depth >= maxDepth) return Array.isArray(value) ? '[Array]' : '[Object]';
    const path = [...above, value];
    if (Array.isArray(value)) return this.#list(value, value.length, depth, path);
    if (this.#isStrict) {
      if (!isPlainObject(value)) throw new RefusedValue('not a plain object');
      return this.#entries(value, Object.keys(value), depth, path);
    }
    if (hasNoClass(value)) {
      return this.#json(value, depth, path) ?? this.#entries(value, Object.keys(value), depth, path);
    }
    return this.#instance(value, depth, path);
  }

  #instance(value: object, depth: number, path: readonly object[]): AnyValue {
    if (types.isNativeError(value) || value instanceof Error) {
      return this.#entries(value, errorMembers(value), depth, path);
    }
    const text = ownText(value);
    if (text !== undefined) return this.#text(text);
    const bytes = bytesIn(value);
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
    const pairs = keys.length === 0 ? pairsIn(value) : undefined;
    return pairs === undefined
      ? this.#entries(value, keys, depth, path)
      : this.#pairs(pairs, undefined, depth, path);
  }

  /** What an object gives as its JSON; undefined when it gives none. */
  #json(value: object, depth: number, path: readonly object[]): AnyValue {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== 'function') return undefined;
    let json: unknown;
    try {
      json = toJSON.call(value, '');
    } catch (error) {
      return thrownMark(error);
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
    if (index < length) converted.push(truncated(`${length - index} more items`));
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
    if (index < keys.length) converted['...'] = truncated(`${keys.length - index} more members`);
    return converted;
  }

  /** An object where all keys are simple and different, else a list of pairs. */
  #pairs(
    pairs: Iterable<readonly [unknown, unknown]>,
    size: number | undefined,
    depth: number,
    path: readonly object[],
  ): AnyValue {
    const { entries, names, more } = mapEntries(pairs, this.#maxEntries, size);
    if (names === undefined) {
      const list = this.#list(entries, entries.length, depth, path);
      if (more !== '') list.push(truncated(`${more} items`));
      return list;
    }
    const holder: Record<string, unknown> = {};
    for (const [index, [, value]] of entries.entries()) setMember(holder, names[index] as string, value);
    const converted = this.#entries(holder, Object.keys(holder), depth, path);
    if (more !== '') converted['...'] = truncated(`${more} members`);
    return converted;
  }

  #read(holder: object, key: PropertyKey, depth: number, path: readonly object[]): AnyValue {
    try {
      return this.#value((holder as Record<PropertyKey, unknown>)[key], depth + 1, path);
    } catch (error) {
      if (this.#isStrict) throw error;
      return thrownMark(error);
    }
  }

  #text(text: string): string {
    const { length } = text;
    const room = Math.min(this.#maxTextLength, this.#textLeft);
    this.#textLeft -= Math.min(length, room);
    if (length <= room) return text;
    return this.#isStrict
      ? text.slice(0, room)
      : `${text.slice(0, room)}… (${length - room} more characters)`;
  }

  #key(key: string): string {
    const kept = key.length <= maxKeyLength ? key : `${key.slice(0, maxKeyLength)}…`;
    this.#textLeft = Math.max(0, this.#textLeft - kept.length);
    return kept;
  }

  /** A copy: the owner may write into it before it is exported. */
  #bytes(bytes: Uint8Array): AnyValue {
    const { length } = bytes;
    if (length > Math.min(this.#maxTextLength, this.#textLeft)) return truncated(`${length} bytes`);
    this.#textLeft -= length;
    return new Uint8Array(bytes);
  }
}

/** Converts one value. Never throws. */
export function toAnyValue(value: unknown): AnyValue {
  return new ValueConverter().convert(value);
}

/** Whether a value can be encoded as it is, without a look inside. */
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
