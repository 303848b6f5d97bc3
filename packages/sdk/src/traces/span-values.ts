import type { Attributes, AttributeValue, Link } from '@opentelemetry/api';
import { cleanAttributes, cleanSimpleAttributes } from '@opentelemetry/core';
import { maxTextLength, ValueConverter } from '../values/value-converter.ts';
import { setMember, truncateName } from '../values/members.ts';
import type { GuardedLimits } from './span-limits.ts';
import { errorText } from '../attributes/exception.ts';
import { type AttributeLimits, isPrimitiveWithinLimit } from '../attributes/attribute-sanitizer.ts';

/** The default of `attributeValueLengthLimit` for spans, and the limit of span names, event names and status messages. */
export const defaultValueLengthLimit: number = maxTextLength;

const maxItems = 4096;

/** Truncates a span name, an event name or a status message. Other values become text. Never throws. */
export function truncateText(text: string): string {
  if (typeof text !== 'string') return errorText(text);
  return text.length > defaultValueLengthLimit ? text.slice(0, defaultValueLengthLimit) : text;
}

/** Returns a value within the limits; undefined if the API does not allow its type, or reading it throws. */
export function sanitizeValue(
  value: AttributeValue,
  { attributeValueLengthLimit: limit }: AttributeLimits,
): AttributeValue {
  const maxLength = limit > 0 ? limit : Infinity;
  try {
    if (typeof value === 'string') return value.length <= maxLength ? value : value.slice(0, maxLength);
    const isUnlimited = maxLength === Infinity;
    return new ValueConverter({
      isStrict: true,
      maxTextLength: maxLength,
      maxEntries: maxItems,
      ...(isUnlimited ? { maxTotalLength: Infinity } : {}),
    }).convert(value);
  } catch {
    return undefined;
  }
}

/** Returns the readable members, and the number of those that throw when they are read. Never throws. */
export function readableMembers(attributes: object): { members: Attributes; unreadCount: number } {
  const members: Attributes = {};
  let unreadCount = 0;
  let keys: readonly string[] = [];
  try {
    keys = Object.keys(attributes);
  } catch {
    unreadCount++;
  }
  for (const key of keys) {
    try {
      setMember(members, truncateName(key), (attributes as Attributes)[key]);
    } catch {
      unreadCount++;
    }
  }
  return { members, unreadCount };
}

/** Sanitized attributes of an event or a link. */
interface DetailAttributes {
  readonly sanitized: { readonly attributes?: Attributes; readonly droppedAttributesCount?: number };
  /** The number of attributes that were dropped because of their type, or because reading them threw. */
  readonly rejectedCount: number;
}

/**
 * Sanitizes the attributes of an event or a link. Never throws. Long lists are truncated first.
 *
 * @param isSimple whether values are limited to primitives and lists of them, as those of events are
 */
export function detailAttributes(
  attributes: Attributes | undefined,
  limits: AttributeLimits,
  isSimple: boolean,
): DetailAttributes {
  if (typeof attributes !== 'object' || attributes === null) return { sanitized: {}, rejectedCount: 0 };
  const { members, unreadCount } = readableMembers(attributes);
  let rejectedCount = unreadCount;
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined || isPrimitiveWithinLimit(value, Infinity)) continue;
    const sanitized = isSimple && !isList(value) ? undefined : sanitizeValue(value, limits);
    const kept = isSimple && Array.isArray(sanitized) ? sanitized.slice(0, maxItems) : sanitized;
    if (kept === undefined || (isSimple && !isSimpleList(kept))) {
      rejectedCount++;
      setMember(members, key, undefined);
    } else setMember(members, key, kept);
  }
  const { attributes: kept = {}, droppedAttributesCount = 0 } = isSimple
    ? cleanSimpleAttributes(members, limits)
    : cleanAttributes(members, limits);
  return {
    sanitized: { attributes: kept, droppedAttributesCount: droppedAttributesCount + rejectedCount },
    rejectedCount,
  };
}

/** `Array.isArray()` throws for a revoked proxy. */
function isList(value: AttributeValue): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Whether all items of a list have the same primitive type. */
function isSimpleList(list: AttributeValue): boolean {
  const { attributes } = cleanSimpleAttributes(
    { list },
    { attributeCountLimit: 1, attributeValueLengthLimit: Infinity },
  );
  return attributes !== undefined && 'list' in attributes;
}

/** Returns a link whose attributes are valid and within the limits. @throws {TypeError} without the ids of a span */
export function sanitizeLink({ context, attributes }: Link, limits: GuardedLimits): Link {
  const linkLimits = {
    attributeCountLimit: limits.attributePerLinkCountLimit,
    attributeValueLengthLimit: limits.attributeValueLengthLimit,
  };
  const { dropCounter } = limits;
  if (dropCounter === undefined) return { context, ...cleanAttributes(attributes, linkLimits) };
  const { traceId, spanId } = context;
  if (typeof traceId !== 'string' || typeof spanId !== 'string') throw new TypeError('a link without a span');
  const { sanitized, rejectedCount } = detailAttributes(attributes, linkLimits, false);
  if (rejectedCount > 0) dropCounter.countAttributes(rejectedCount);
  return { context, ...sanitized };
}

/** Returns the links that can be recorded, and counts the others. */
export function sanitizeLinks(links: readonly Link[] | null, limits: GuardedLimits): Link[] {
  const { dropCounter } = limits;
  if (dropCounter === undefined) return links?.map((link) => sanitizeLink(link, limits)) ?? [];
  const sanitized: Link[] = [];
  try {
    for (const link of Array.isArray(links) ? (links as readonly Link[]) : []) {
      const recorded = tryLink(link, limits);
      if (recorded !== undefined) sanitized.push(recorded);
    }
  } catch {
    // A proxy of a list that throws.
    dropCounter.countAttributes(1);
  }
  return sanitized;
}

function tryLink(link: Link, limits: GuardedLimits): Link | undefined {
  try {
    return sanitizeLink(link, limits);
  } catch {
    limits.dropCounter?.countAttributes(1);
    return undefined;
  }
}
