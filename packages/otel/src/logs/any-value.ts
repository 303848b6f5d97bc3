import type { AnyValue } from '@opentelemetry/api';

/** The longest string that a record keeps, in UTF-16 code units: back ends refuse much less than this. */
const maxLength = 64 * 1024;
const maxDepth = 8;
const maxEntries = 256;

function cut(text: string): string {
  return text.length <= maxLength
    ? text
    : `${text.slice(0, maxLength)}… (${text.length - maxLength} more characters)`;
}

function readable(read: () => unknown, depth: number, above: readonly object[]): AnyValue {
  try {
    return convert(read(), depth, above);
  } catch (error) {
    return `[threw ${error instanceof Error ? error.name : typeof error}]`;
  }
}

function entries(value: object, depth: number, above: readonly object[]): AnyValue {
  const path = [...above, value];
  if (Array.isArray(value)) {
    const list = value.slice(0, maxEntries);
    return list.map((_each, index) => readable(() => list[index], depth + 1, path));
  }
  const keys = Object.keys(value).slice(0, maxEntries);
  return Object.fromEntries(
    keys.map((key) => [key, readable(() => (value as Record<string, unknown>)[key], depth + 1, path)]),
  );
}

/** What an object says itself that it is in JSON: a URL, an id of a database. Undefined when it says nothing. */
function asJson(value: object, depth: number, above: readonly object[]): AnyValue {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function') return undefined;
  return readable(() => toJSON.call(value, ''), depth + 1, [...above, value]);
}

function convert(value: unknown, depth: number, above: readonly object[]): AnyValue {
  switch (typeof value) {
    case 'string':
      return cut(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
    case 'symbol':
    case 'function':
      return cut(String(value));
    default:
      if (value === null || value instanceof Uint8Array) return value;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
      if (value instanceof Error) return cut(`${value.name}: ${value.message}`);
      if (above.includes(value as object)) return '[circular]';
      if (depth >= maxDepth) return '[too deep]';
      return asJson(value as object, depth, above) ?? entries(value as object, depth, above);
  }
}

/**
 * Any value as one that every exporter can encode: what is circular, too deep, too long, throws when it is read or
 * has no counterpart in OTLP is replaced by a word that says so. Never throws.
 *
 * @see https://opentelemetry.io/docs/specs/otel/common/#anyvalue
 */
export function toAnyValue(value: unknown): AnyValue {
  return readable(() => value, 0, []);
}

/** Whether a value can be encoded as it is, without a look inside. */
export function isPlain(value: unknown): value is string | number | boolean | null | undefined {
  if (typeof value === 'string') return value.length <= maxLength;
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'bigint' && typeof value !== 'function')
  );
}
