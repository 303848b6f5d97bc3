import type { AnyValue, Attributes } from '@opentelemetry/api';
import { maxTextLength, ValueConverter } from '../values/value-converter.ts';
import { readMembers, setMember, truncateName } from '../values/members.ts';
import { mapException } from '../attributes/exception.ts';
import type { AttributeLimits, SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** The longest string that is copied without a converter. Longer ones count toward the budget of their record. */
export const maxUnconvertedLength: number = 8 * 1024;

/** Creates a converter with the budget of one record. A configured limit may exceed the default budget. */
export function createRecordConverter({ attributeValueLengthLimit: limit }: AttributeLimits): ValueConverter {
  const isHigher = Number.isFinite(limit) && limit > maxTextLength;
  return new ValueConverter(isHigher ? { maxTextLength: limit } : {});
}

/**
 * Converts the initial attributes of a log record. An error called `err` or `error` is mapped to the `exception.*`
 * attributes, unless those are present. Never throws.
 */
export function convertAttributes(
  input: Attributes | undefined,
  limits: AttributeLimits,
  converter: ValueConverter = createRecordConverter(limits),
): SanitizedAttributes {
  const members = typeof input === 'object' && input !== null ? readMembers(input) : {};
  mapErrors(members);
  const attributes: Attributes = {};
  let count = 0;
  let droppedCount = 0;
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined) continue;
    if (key === '' || count >= limits.attributeCountLimit) droppedCount++;
    else {
      setMember(attributes, truncateName(key), convertValue(value, limits, converter));
      count++;
    }
  }
  return { attributes, names: [], count, droppedCount, isShared: false };
}

/** Converts one attribute value and truncates it as the specification says. */
export function convertValue(
  value: unknown,
  { attributeValueLengthLimit: limit }: AttributeLimits,
  converter: ValueConverter,
): AnyValue {
  const converted = converter.convert(value);
  return limit > 0 && limit < Infinity ? truncateValue(converted, limit) : converted;
}

/** @param value a converted value, changed in place */
function truncateValue(value: AnyValue, limit: number): AnyValue {
  if (typeof value === 'string') return value.length <= limit ? value : value.slice(0, limit);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.length <= limit ? value : value.slice(0, limit);
  if (Array.isArray(value)) return value.map((item) => truncateValue(item as AnyValue, limit));
  const members = value as Record<string, AnyValue>;
  for (const key of Object.keys(members)) setMember(members, key, truncateValue(members[key], limit));
  return members;
}

function mapErrors(members: Record<string, unknown>): void {
  for (const key of ['err', 'error']) {
    const value = members[key];
    if (typeof value !== 'object' || value === null || 'exception.type' in members) continue;
    mapException(members, key);
  }
}
