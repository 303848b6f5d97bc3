import { type Attributes, type AttributeValue, diag } from '@opentelemetry/api';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';

import { readableMembers, spanValue } from './span-values.ts';
import type { AttributeParts } from '../fast-path.ts';
import { setMember } from '../values/members.ts';
import type { Guard } from '../loss-counter.ts';
import {
  type AttributeLimits,
  isPrimitiveWithinLimit,
  noSharedAttributes,
  type SanitizedAttributes,
} from '../attributes/attribute-sanitizer.ts';

/** Limits, and the guard of what exceeds or violates them. */
interface SpanAttributeLimits extends AttributeLimits {
  readonly guard?: Guard | undefined;
}

/**
 * The attributes of one span, in a form to which adding costs little: what it shares with other spans, an object that was
 * left to it, and names and values in turns. One object is made of them when somebody asks for it, and is from then on
 * what there is.
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

  /** @param shared what it begins with, the same object for many spans */
  constructor(limits: SpanAttributeLimits, shared: SanitizedAttributes = noSharedAttributes) {
    this.#limits = limits;
    this.sharedAttributes = shared.attributes;
    this.#sharedNames = shared.names;
    this.#count = shared.count;
  }

  /** What it begins with when upstream had to decide on it. */
  static fromSanitized(
    { attributes, count, droppedCount }: SanitizedAttributes,
    limits: SpanAttributeLimits,
  ): SpanAttributes {
    const held = new SpanAttributes(limits);
    held.#object = attributes;
    held.#count = count;
    held.droppedCount = droppedCount;
    return held;
  }

  /** Undefined when there is an object of all, which others may change. */
  get parts(): AttributeParts | undefined {
    return this.#object === undefined ? this : undefined;
  }

  /** Always the same object, with all of them: processors write into it. */
  get object(): Attributes {
    return (this.#object ??= this.#merge());
  }

  set object(attributes: Attributes) {
    this.#object = attributes;
  }

  /** @param value undefined is none */
  set(name: string, value: AttributeValue): void {
    if (value === undefined) return;
    const { length } = this.ownAttributes;
    if (this.#object !== undefined || !this.#addPrimitive(name, value, length))
      this.#addSanitized(name, value);
  }

  setAll(given: Attributes | null | undefined): void {
    if (given === undefined || given === null) return;
    if (this.#limits.guard === undefined) this.#setAll(given);
    else this.#setAllGuarded(given, this.#limits.guard);
  }

  #setAllGuarded(given: Attributes, guard: Guard): void {
    const { droppedCount } = this;
    try {
      this.#setAll(given);
    } catch {
      this.droppedCount = droppedCount;
      const { members, unreadCount } = readableMembers(given);
      if (unreadCount > 0) {
        this.droppedCount += unreadCount;
        guard.dropped(unreadCount);
      }
      this.#setAll(members);
    }
  }

  #setAll(given: Attributes): void {
    const isPlain = hasNoInheritedKeys(given);
    // Of what is given no two have one name: each may only be one that was there before.
    const before = this.ownAttributes.length;
    for (const name in given) {
      if (!isPlain && !Object.hasOwn(given, name)) continue;
      const value = given[name];
      if (value === undefined) continue;
      if (this.#object !== undefined || !this.#addPrimitive(name, value, before))
        this.#addSanitized(name, value);
    }
  }

  /**
   * Takes an object for its own: nobody else may keep it. It has few members, of names that are new here, and their
   * values are texts, numbers and booleans; undefined ones are none. False when it is not taken: limits are near.
   */
  adopt(given: Attributes): boolean {
    const { attributeValueLengthLimit } = this.#limits;
    if (attributeValueLengthLimit !== Infinity && !areShort(given, attributeValueLengthLimit)) return false;
    return this.#adopt(given);
  }

  #adopt(given: Attributes): boolean {
    const isRoomy = this.#count + MAX_ADOPTED_ATTRIBUTES < this.#limits.attributeCountLimit;
    const isTaken = isRoomy && this.#object === undefined && this.adoptedAttributes === undefined;
    if (isTaken) this.adoptedAttributes = given;
    return isTaken;
  }

  /** Takes attributes to begin with that can all stay as they are. False when there are others, or many. */
  startWith(given: Attributes): boolean {
    const copy = { ...given };
    const limit = this.#limits.attributeValueLengthLimit;
    let count = 0;
    // oxlint-disable-next-line guard-for-in
    for (const name in copy) {
      const value = copy[name];
      if (value === undefined) continue;
      if (name === '' || name === '__proto__' || !isPrimitiveWithinLimit(value, limit)) return false;
      count++;
    }
    return count <= MAX_ADOPTED_ATTRIBUTES && this.#adopt(copy);
  }

  /** @param before how much of what there is may have the same name */
  #addPrimitive(name: string, value: AttributeValue, before: number): boolean {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    if (name === '' || name === '__proto__' || !isPrimitiveWithinLimit(value, attributeValueLengthLimit))
      return false;
    const own = this.ownAttributes;
    // Few, and mostly the same strings: faster than any index.
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
    // An empty array would grow to many places at once.
    if (own.length === 0) this.ownAttributes = [name, value];
    else own.push(name, value);
    this.#count++;
    return true;
  }

  #addSanitized(key: string, value: AttributeValue): void {
    const { guard } = this.#limits;
    if (guard === undefined) this.#addAsUpstream(key, value);
    else this.#addGuarded(key, value, guard);
  }

  /** Counts what upstream drops without a count, and bounds what an object expands to. */
  #addGuarded(key: string, value: AttributeValue, guard: Guard): void {
    const attributes = this.object;
    const { attributeCountLimit } = this.#limits;
    const isNew = !Object.hasOwn(attributes, key);
    if (isNew && this.#count >= attributeCountLimit) {
      this.droppedCount++;
      return;
    }
    const clean = key === '' ? undefined : spanValue(value, this.#limits);
    if (clean === undefined) {
      this.droppedCount++;
      guard.dropped(1);
      return;
    }
    setMember(attributes, key, clean);
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

/** More than who leaves an object to a span puts into it. */
const MAX_ADOPTED_ATTRIBUTES = 32;

/** Whether all names of an object are its own: it inherits from what all objects do. */
function hasNoInheritedKeys(given: object): boolean {
  return Object.getPrototypeOf(given) === Object.prototype;
}

/** Whether no text is longer than a limit. */
function areShort(given: Attributes, limit: number): boolean {
  // oxlint-disable-next-line guard-for-in
  for (const name in given) {
    const value = given[name];
    if (typeof value === 'string' && value.length > limit) return false;
  }
  return true;
}
