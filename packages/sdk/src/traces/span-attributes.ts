import { type Attributes, type AttributeValue, diag } from '@opentelemetry/api';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';

import { readableMembers, sanitizeValue } from './span-values.ts';
import type { AttributeParts } from '../fast-path.ts';
import { maxNameLength, setMember, truncateName } from '../values/members.ts';
import type { DropCounter } from '../drop-counter.ts';
import {
  type AttributeLimits,
  isPrimitiveWithinLimit,
  noSharedAttributes,
  type SanitizedAttributes,
} from '../attributes/attribute-sanitizer.ts';

/** Limits, and the counter of attributes that violate them. */
interface SpanAttributeLimits extends AttributeLimits {
  readonly dropCounter?: DropCounter | undefined;
}

/**
 * The attributes of one span in three parts, so that adding one is cheap: an object shared with other spans, an adopted
 * object, and a list of alternating names and values. The first read of `object` merges them into one object, which
 * holds the attributes from then on.
 */
export class SpanAttributes implements AttributeParts {
  sharedAttributes: Attributes;
  adoptedAttributes: Attributes | undefined;
  ownAttributes: AttributeValue[] = noAttributes;
  droppedCount = 0;
  readonly #limits: SpanAttributeLimits;
  #sharedNames: readonly string[];
  #count: number;
  #object: Attributes | undefined;

  /** @param shared the initial attributes, the same object for many spans */
  constructor(limits: SpanAttributeLimits, shared: SanitizedAttributes = noSharedAttributes) {
    this.#limits = limits;
    this.sharedAttributes = shared.attributes;
    this.#sharedNames = shared.names;
    this.#count = shared.count;
  }

  /** Creates the attributes from ones that were sanitized one by one. */
  static fromSanitized(
    { attributes, count, droppedCount }: SanitizedAttributes,
    limits: SpanAttributeLimits,
  ): SpanAttributes {
    const created = new SpanAttributes(limits);
    created.#object = attributes;
    created.#count = count;
    created.droppedCount = droppedCount;
    return created;
  }

  /** Undefined after the parts were merged: processors may have changed the object. */
  get parts(): AttributeParts | undefined {
    return this.#object === undefined ? this : undefined;
  }

  /** All attributes, always in the same object: processors write into it. */
  get object(): Attributes {
    return (this.#object ??= this.#merge());
  }

  set object(attributes: Attributes) {
    this.#object = attributes;
  }

  /** Sets an attribute; an undefined value is ignored. */
  set(name: string, value: AttributeValue): void {
    if (value === undefined) return;
    const { length } = this.ownAttributes;
    if (this.#object !== undefined || !this.#addPrimitive(name, value, length))
      this.#addSanitized(name, value);
  }

  setAll(attributes: Attributes | null | undefined): void {
    // A long string would be read character by character.
    if (typeof attributes !== 'object' || attributes === null) return;
    if (this.#limits.dropCounter === undefined) this.#setAll(attributes);
    else this.#setAllGuarded(attributes, this.#limits.dropCounter);
  }

  #setAllGuarded(attributes: Attributes, dropCounter: DropCounter): void {
    const { droppedCount } = this;
    try {
      this.#setAll(attributes);
    } catch {
      this.droppedCount = droppedCount;
      const { members, unreadCount } = readableMembers(attributes);
      if (unreadCount > 0) {
        this.droppedCount += unreadCount;
        dropCounter.countAttributes(unreadCount);
      }
      this.#setAll(members);
    }
  }

  #setAll(attributes: Attributes): void {
    const isPlain = hasNoInheritedKeys(attributes);
    // Keys within `attributes` are unique, so compare only with attributes set earlier.
    const before = this.ownAttributes.length;
    for (const name in attributes) {
      if (!isPlain && !Object.hasOwn(attributes, name)) continue;
      const value = attributes[name];
      if (value === undefined) continue;
      if (this.#object !== undefined || !this.#addPrimitive(name, value, before))
        this.#addSanitized(name, value);
    }
  }

  /**
   * Adopts an object as {@link FastSpan.adopt} describes it.
   *
   * @returns false if the object was not adopted, because a limit is near or another object was adopted before
   */
  adopt(attributes: Attributes): boolean {
    const { attributeValueLengthLimit } = this.#limits;
    if (attributeValueLengthLimit !== Infinity && !areShort(attributes, attributeValueLengthLimit))
      return false;
    return this.#adopt(attributes);
  }

  #adopt(attributes: Attributes): boolean {
    const isBelowLimit = this.#count + MAX_ADOPTED_ATTRIBUTES < this.#limits.attributeCountLimit;
    const isAdopted = isBelowLimit && this.#object === undefined && this.adoptedAttributes === undefined;
    if (isAdopted) this.adoptedAttributes = attributes;
    return isAdopted;
  }

  /**
   * Adopts a copy of the initial attributes.
   *
   * @returns false if one of them needs sanitizing, or they are too many
   */
  startWith(attributes: Attributes): boolean {
    const copy = { ...attributes };
    const limit = this.#limits.attributeValueLengthLimit;
    let count = 0;
    // oxlint-disable-next-line guard-for-in
    for (const name in copy) {
      const value = copy[name];
      if (value === undefined) continue;
      if (!isPlainName(name) || !isPrimitiveWithinLimit(value, limit)) return false;
      count++;
    }
    return count <= MAX_ADOPTED_ATTRIBUTES && this.#adopt(copy);
  }

  /** @param before the length of the part of `ownAttributes` that may contain the name */
  #addPrimitive(name: string, value: AttributeValue, before: number): boolean {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    if (!isPlainName(name) || !isPrimitiveWithinLimit(value, attributeValueLengthLimit)) return false;
    const own = this.ownAttributes;
    // A linear search is faster than an index: spans have few attributes, and most names are identical strings.
    for (let index = 0; index < before; index += 2) {
      if (own[index] !== name) continue;
      own[index + 1] = value;
      return true;
    }
    const adopted = this.adoptedAttributes;
    if (adopted !== undefined) {
      if (Object.hasOwn(adopted, name) || this.#count + MAX_ADOPTED_ATTRIBUTES >= attributeCountLimit)
        return false;
    }
    if (this.#count >= attributeCountLimit || this.#sharedNames.includes(name)) return false;
    // Pushing to an empty array would allocate room for many items.
    if (own.length === 0) this.ownAttributes = [name, value];
    else own.push(name, value);
    this.#count++;
    return true;
  }

  #addSanitized(key: string, value: AttributeValue): void {
    const { dropCounter } = this.#limits;
    if (dropCounter === undefined) this.#addAsUpstream(key, value);
    else this.#addGuarded(key, value, dropCounter);
  }

  /** Counts attributes that upstream drops without counting, and limits the size of objects. */
  #addGuarded(name: string, value: AttributeValue, dropCounter: DropCounter): void {
    const attributes = this.object;
    const key = typeof name === 'string' ? truncateName(name) : '';
    const { attributeCountLimit } = this.#limits;
    const isNew = !Object.hasOwn(attributes, key);
    if (isNew && this.#count >= attributeCountLimit) {
      this.droppedCount++;
      return;
    }
    const sanitized = key === '' ? undefined : sanitizeValue(value, this.#limits);
    if (sanitized === undefined) {
      this.droppedCount++;
      dropCounter.countAttributes(1);
      return;
    }
    setMember(attributes, key, sanitized);
    if (isNew) this.#count++;
  }

  #addAsUpstream(key: string, value: AttributeValue): void {
    const attributes = this.object;
    const limits = this.#limits;
    const decision = maybeAddAttribute({
      key,
      value,
      attributes,
      limits,
      currentAttributesCount: this.#count,
    });
    if (decision === AddAttributeDecision.ADD_NEW) this.#count++;
    else if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) {
      this.droppedCount++;
      if (this.droppedCount === 1) diag.warn('Dropping extra attributes.');
    }
  }

  #merge(): Attributes {
    const attributes = { ...this.sharedAttributes };
    const adopted = this.adoptedAttributes;
    for (const name in adopted) {
      const value = adopted[name];
      if (value === undefined) continue;
      attributes[name] = value;
      this.#count++;
    }
    this.adoptedAttributes = undefined;
    const own = this.ownAttributes;
    for (let index = 0; index < own.length; index += 2) {
      attributes[own[index] as string] = own[index + 1];
    }
    return attributes;
  }
}

const noAttributes: AttributeValue[] = [];

/** Whether a name needs no check. Callers without types pass other values. */
function isPlainName(name: string): boolean {
  return typeof name === 'string' && name !== '' && name.length <= maxNameLength && name !== '__proto__';
}

/** Upper bound on the attribute count of an adopted object. */
const MAX_ADOPTED_ATTRIBUTES = 32;

/** Whether an object inherits from `Object.prototype` alone, which has no enumerable members. */
function hasNoInheritedKeys(given: object): boolean {
  return Object.getPrototypeOf(given) === Object.prototype;
}

/** Whether all strings are within the limit. */
function areShort(attributes: Attributes, limit: number): boolean {
  // oxlint-disable-next-line guard-for-in
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === 'string' && value.length > limit) return false;
  }
  return true;
}
