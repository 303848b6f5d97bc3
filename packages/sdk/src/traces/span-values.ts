import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { cleanAttributes, cleanSimpleAttributes } from '@opentelemetry/core';
import { maxTextLength, ValueConverter } from '../values/value-converter.ts';
import { setMember } from '../values/members.ts';
import { type AttributeLimits, isPrimitiveWithinLimit } from '../attributes/attribute-sanitizer.ts';

/** The default of `attributeValueLengthLimit` for spans; a text without a limit of its own, such as a name, has it too. */
export const defaultValueLengthLimit: number = maxTextLength;

const maxItems = 4096;

/** A text that a span keeps beside its attributes: its name, that of an event, a status message. */
export function shortText(text: string): string {
  const isLong = typeof text === 'string' && text.length > defaultValueLengthLimit;
  return isLong ? text.slice(0, defaultValueLengthLimit) : text;
}

/** A value within limits; undefined for one of a type that the API does not allow, or that throws when it is read. */
export function spanValue(
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

/** The members that can be read, and how many cannot. Never throws. */
export function readableMembers(given: object): { members: Attributes; unreadCount: number } {
  const members: Attributes = {};
  let unreadCount = 0;
  let keys: readonly string[] = [];
  try {
    keys = Object.keys(given);
  } catch {
    unreadCount++;
  }
  for (const key of keys) {
    try {
      setMember(members, key, (given as Attributes)[key]);
    } catch {
      unreadCount++;
    }
  }
  return { members, unreadCount };
}

/** Attributes of an event or a link. */
interface DetailAttributes {
  readonly clean: { readonly attributes?: Attributes; readonly droppedAttributesCount?: number };
  /** How many were dropped for their type, or could not be read. */
  readonly refusedCount: number;
}

/** Cleans attributes of an event, which are simple, or of a link. Never throws; long lists are cut first. */
export function detailAttributes(
  given: Attributes | undefined,
  limits: AttributeLimits,
  isSimple: boolean,
): DetailAttributes {
  if (typeof given !== 'object' || given === null) return { clean: {}, refusedCount: 0 };
  const { members, unreadCount } = readableMembers(given);
  let refusedCount = unreadCount;
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined || isPrimitiveWithinLimit(value, Infinity)) continue;
    const clean = isSimple && !Array.isArray(value) ? undefined : spanValue(value, limits);
    const kept = isSimple && Array.isArray(clean) ? clean.slice(0, maxItems) : clean;
    if (kept === undefined || (isSimple && !isSimpleList(kept))) {
      refusedCount++;
      setMember(members, key, undefined);
    } else setMember(members, key, kept);
  }
  const { attributes = {}, droppedAttributesCount = 0 } = isSimple
    ? cleanSimpleAttributes(members, limits)
    : cleanAttributes(members, limits);
  const clean = { attributes, droppedAttributesCount: droppedAttributesCount + refusedCount };
  return { clean, refusedCount };
}

/** Whether a list has items of one simple type. */
function isSimpleList(list: AttributeValue): boolean {
  const { attributes } = cleanSimpleAttributes(
    { list },
    { attributeCountLimit: 1, attributeValueLengthLimit: Infinity },
  );
  return attributes !== undefined && 'list' in attributes;
}
