import type { AnyValue, Attributes } from '@opentelemetry/api';
import { maxTextLength, ValueConverter } from '../values/value-converter.ts';
import { readMembers, setMember } from '../values/members.ts';
import { nameException } from '../attributes/exception.ts';
import type { AttributeLimits, SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** Longer texts count toward the budget of their record, and so are no usual values. */
export const usualTextLength: number = 8 * 1024;

/** A converter with the budget of one record. A limit that is set may be higher than the default. */
export function recordConverter({ attributeValueLengthLimit: limit }: AttributeLimits): ValueConverter {
  const isHigher = Number.isFinite(limit) && limit > maxTextLength;
  return new ValueConverter(isHigher ? { maxTextLength: limit } : {});
}

/**
 * Converts the attributes that a log record begins with. An error called `err` or `error` becomes the `exception.*`
 * attributes, unless there are some. Never throws.
 */
export function convertedAttributes(
  given: Attributes | undefined,
  limits: AttributeLimits,
  converter: ValueConverter = recordConverter(limits),
): SanitizedAttributes {
  const members = typeof given === 'object' && given !== null ? readMembers(given) : {};
  nameErrors(members);
  const attributes: Attributes = {};
  let count = 0;
  let droppedCount = 0;
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined) continue;
    if (key === '' || count >= limits.attributeCountLimit) droppedCount++;
    else {
      setMember(attributes, key, convertedValue(value, limits, converter));
      count++;
    }
  }
  return { attributes, names: [], count, droppedCount, isShared: false };
}

/** Converts one attribute, and cuts it as the specification says. */
export function convertedValue(
  value: unknown,
  { attributeValueLengthLimit: limit }: AttributeLimits,
  converter: ValueConverter,
): AnyValue {
  const converted = converter.convert(value);
  return limit > 0 && limit < Infinity ? shortened(converted, limit) : converted;
}

/** @param value a tree, which nobody else has */
function shortened(value: AnyValue, limit: number): AnyValue {
  if (typeof value === 'string') return value.length <= limit ? value : value.slice(0, limit);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.length <= limit ? value : value.slice(0, limit);
  if (Array.isArray(value)) return value.map((item) => shortened(item as AnyValue, limit));
  const members = value as Record<string, AnyValue>;
  for (const key of Object.keys(members)) setMember(members, key, shortened(members[key], limit));
  return members;
}

function nameErrors(members: Record<string, unknown>): void {
  for (const key of ['err', 'error']) {
    const value = members[key];
    if (typeof value !== 'object' || value === null || 'exception.type' in members) continue;
    nameException(members, key);
  }
}
