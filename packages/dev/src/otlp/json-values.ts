import { AttributeList } from './attribute-list.ts';
import { bounds, cutText } from './bounds.ts';
import { type Instant, noTime } from './model.ts';
import type { OtlpValue, PlainValue } from './value.ts';

/** A JSON object of unknown shape: a member that is something else than expected counts as absent. */
export type Members = Readonly<Record<string, unknown>>;

export function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown, maxLength: number = bounds.textLength): string {
  return typeof value === 'string' ? cutText(value, value.length, maxLength) : '';
}

/** A number, which OTLP's JSON may write as text. */
export function number(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return 0;
  return Number(value) || (value === 'NaN' ? Number.NaN : 0);
}

/** An optional number. */
export function optional(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : number(value);
}

/** An enumeration's value: its number, or its name among `names` by number. */
export function enumeration(value: unknown, prefix: string, names: readonly string[]): number {
  if (typeof value === 'string' && value.startsWith(prefix)) {
    return Math.max(0, names.indexOf(value.slice(prefix.length)));
  }
  return number(value);
}

export function hex(value: unknown): string {
  return typeof value === 'string' && value.length <= 64 ? value.toLowerCase() : '';
}

/** Bytes in base64, cut where they are too many. */
function bytes(value: string): string {
  return Buffer.from(value, 'base64').subarray(0, bounds.textLength).toString('base64');
}

function bigint(value: unknown): bigint {
  try {
    return BigInt(value as string | number);
  } catch {
    return 0n;
  }
}

export function integer(value: unknown): bigint {
  return bigint(typeof value === 'number' ? Math.trunc(value) : value);
}

/** Nanoseconds as text, or as a number. */
export function instant(value: unknown): Instant {
  if (value === undefined || value === null || value === '0' || value === 0) return noTime;
  const nanoseconds = BigInt.asUintN(64, bigint(value));
  const us = Math.min(Number(nanoseconds / 1000n), Number.MAX_SAFE_INTEGER);
  return { us, ns: Number(nanoseconds % 1000n) };
}

/** One `AnyValue` on its way from OTLP's JSON to a plain value. */
class ValueReader {
  isLossy = false;
  #elementsLeft = bounds.elements;

  plain(value: unknown, depth: number): PlainValue {
    const given = members(value);
    if (typeof given['stringValue'] === 'string') return text(given['stringValue']);
    if (typeof given['boolValue'] === 'boolean') return given['boolValue'];
    if (given['intValue'] !== undefined) return this.#integer(given['intValue']);
    if (given['doubleValue'] !== undefined) return this.#double(number(given['doubleValue']));
    if (typeof given['bytesValue'] === 'string') {
      this.isLossy = true;
      return bytes(given['bytesValue']);
    }
    if (given['arrayValue'] !== undefined) {
      const values = this.#some(list(members(given['arrayValue'])['values']), depth + 1);
      return values.map((element) => this.plain(element, depth + 1));
    }
    if (given['kvlistValue'] !== undefined) {
      const map = Object.create(null) as Record<string, PlainValue>;
      for (const entry of this.#some(list(members(given['kvlistValue'])['values']), depth + 1)) {
        const { key, value: inner } = members(entry);
        map[text(key, bounds.nameLength)] ??= this.plain(inner, depth + 1);
      }
      return map;
    }
    return null;
  }

  /** The value as OTLP writes it, within the same bounds. */
  exact(value: unknown, depth: number): OtlpValue {
    const given = members(value);
    if (typeof given['stringValue'] === 'string') return { stringValue: text(given['stringValue']) };
    if (typeof given['boolValue'] === 'boolean') return { boolValue: given['boolValue'] };
    if (given['intValue'] !== undefined) {
      return { intValue: String(BigInt.asIntN(64, integer(given['intValue']))) };
    }
    if (given['doubleValue'] !== undefined) {
      const double = number(given['doubleValue']);
      return { doubleValue: Number.isFinite(double) ? double : String(double) };
    }
    if (typeof given['bytesValue'] === 'string') return { bytesValue: bytes(given['bytesValue']) };
    if (given['arrayValue'] !== undefined) {
      const values = this.#some(list(members(given['arrayValue'])['values']), depth + 1);
      return { arrayValue: { values: values.map((element) => this.exact(element, depth + 1)) } };
    }
    if (given['kvlistValue'] !== undefined) {
      const entries = this.#some(list(members(given['kvlistValue'])['values']), depth + 1).map(members);
      const values = entries.map(({ key, value: inner }) => {
        return { key: text(key, bounds.nameLength), value: this.exact(inner, depth + 1) };
      });
      return { kvlistValue: { values } };
    }
    return {};
  }

  #some(values: readonly unknown[], depth: number): readonly unknown[] {
    const some = depth > bounds.depth ? [] : values.slice(0, Math.max(0, this.#elementsLeft));
    this.#elementsLeft -= some.length;
    return some;
  }

  #integer(value: unknown): PlainValue {
    const exact = BigInt.asIntN(64, integer(value));
    if (Number.isSafeInteger(Number(exact))) return Number(exact);
    this.isLossy = true;
    return String(exact);
  }

  #double(value: number): PlainValue {
    if (Number.isInteger(value) || !Number.isFinite(value)) this.isLossy = true;
    return Number.isFinite(value) ? value : String(value);
  }
}

/** Reads an `AnyValue`: its plain form, and the exact one where that says more. */
export function readJsonValue(value: unknown): { plain: PlainValue; exact: OtlpValue | undefined } {
  const reader = new ValueReader();
  const plain = reader.plain(value, 0);
  return { plain, exact: reader.isLossy ? new ValueReader().exact(value, 0) : undefined };
}

/** Reads a list of `KeyValue`s. */
export function readJsonAttributes(value: unknown): AttributeList {
  const attributes = new AttributeList();
  for (const entry of list(value)) {
    const { key, value: given } = members(entry);
    const name = text(key, bounds.nameLength);
    if (!attributes.accepts(name)) continue;
    const { plain, exact } = readJsonValue(given);
    attributes.add(name, plain, exact);
  }
  return attributes;
}
