import type { Attributes } from '@opentelemetry/api';

/** How many attributes something may have, and how long their values may be. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

/** Attributes that were checked and cut to the limits. */
export interface CleanAttributes {
  readonly attributes: Attributes;
  readonly count: number;
  readonly droppedCount: number;
  /** Whether others hold the same object: who wants to change it takes a copy. */
  readonly isShared: boolean;
}

const none: Attributes = {};

/** Whether a value stays as it is and needs no other check. The rest, limits and lists among it, is upstream's to decide. */
export function isUsual(value: unknown, maxLength: number): boolean {
  if (maxLength <= 0) return false;
  return typeof value === 'string'
    ? value.length <= maxLength
    : typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Checks the attributes that spans and log records begin with. The same frozen object comes again and again from
 * code that is called often, so what was found for it is kept.
 *
 * @see https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
 */
export class StartAttributes {
  readonly #limits: AttributeLimits;
  readonly #cleanUnusual: (given: Attributes) => CleanAttributes;
  readonly #known = new WeakMap<Attributes, CleanAttributes>();

  /** @param cleanUnusual what upstream does; it decides on limits, objects, lists and what is invalid */
  constructor(limits: AttributeLimits, cleanUnusual: (given: Attributes) => CleanAttributes) {
    this.#limits = limits;
    this.#cleanUnusual = cleanUnusual;
  }

  /** The attributes to begin with. What is not shared belongs to the caller. */
  of(given: Attributes | undefined): CleanAttributes {
    if (typeof given !== 'object' || given === null) return this.#clean(none);
    return this.#known.get(given) ?? this.#clean(given);
  }

  #clean(given: Attributes): CleanAttributes {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    if (attributeValueLengthLimit <= 0) return this.#cleanUnusual(given);
    const attributes: Attributes = {};
    let count = 0;
    for (const key of Object.keys(given)) {
      const value = given[key];
      if (value === undefined) continue;
      const isOdd = key === '' || key === '__proto__' || !isUsual(value, attributeValueLengthLimit);
      if (isOdd || count >= attributeCountLimit) {
        return this.#cleanUnusual(given);
      }
      attributes[key] = value;
      count++;
    }
    const isShared = Object.isFrozen(given) && !hasGetter(given);
    const clean = { attributes, count, droppedCount: 0, isShared };
    if (isShared) this.#known.set(given, clean);
    return clean;
  }
}

function hasGetter(object: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(object)).some((property) => !('value' in property));
}
