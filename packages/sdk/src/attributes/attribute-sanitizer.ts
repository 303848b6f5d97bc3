import type { Attributes } from '@opentelemetry/api';

/** How many attributes something may have, and how long their values may be. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

/** Attributes that were checked and cut to the limits. */
export interface SanitizedAttributes {
  readonly attributes: Attributes;
  /** Of attributes that are shared. */
  readonly names: readonly string[];
  readonly count: number;
  readonly droppedCount: number;
  /** Whether others hold the same object: who wants to change it takes a copy. */
  readonly isShared: boolean;
}

const noNames: readonly string[] = [];

/** Frozen objects come again and again, so one in as many is looked at: a prime, for they come in turns with others. */
const FROZEN_CHECK_INTERVAL = 7;

/** No attributes at all. */
export const noSharedAttributes: SanitizedAttributes = {
  attributes: Object.freeze({}),
  names: noNames,
  count: 0,
  droppedCount: 0,
  isShared: true,
};

/** Whether a value stays as it is and needs no other check. The rest, limits and lists among it, is upstream's to decide. */
export function isPrimitiveWithinLimit(value: unknown, maxLength: number): boolean {
  if (maxLength <= 0) return false;
  return typeof value === 'string'
    ? value.length <= maxLength
    : typeof value === 'number' || typeof value === 'boolean';
}

/**
 * How many attributes there are, if all of them can stay as they are; -1 when they cannot: upstream has to decide on
 * some, or takes some out.
 *
 * @param own an object that nobody else has, without getters
 */
function countPrimitivesWithinLimit(own: Attributes, maxLength: number): number {
  let count = 0;
  for (const key in own) {
    if (key === '' || key === '__proto__' || !isPrimitiveWithinLimit(own[key], maxLength)) return -1;
    count++;
  }
  return count;
}

/**
 * Checks the attributes that spans and log records begin with. The same frozen object comes again and again from
 * code that is called often, so what was found for it is kept.
 *
 * @see https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
 */
export class AttributeSanitizer {
  readonly #limits: AttributeLimits;
  readonly #sanitizeByUpstream: (given: Attributes) => SanitizedAttributes;
  readonly #known = new WeakMap<Attributes, SanitizedAttributes>();
  #unknownCount = 0;

  /** @param cleanUnusual what upstream does; it decides on limits, objects, lists and what is invalid */
  constructor(limits: AttributeLimits, cleanUnusual: (given: Attributes) => SanitizedAttributes) {
    this.#limits = limits;
    this.#sanitizeByUpstream = cleanUnusual;
  }

  /** The attributes to begin with. What is not shared belongs to the caller. */
  sanitize(given: Attributes | undefined): SanitizedAttributes {
    const isWarned = this.#limits.attributeValueLengthLimit <= 0;
    if (isWarned) return this.#sanitizeByUpstream(given ?? {});
    if (typeof given !== 'object' || given === null) return noSharedAttributes;
    return this.#known.get(given) ?? this.#usual(given) ?? this.#sanitizeByUpstream(given);
  }

  /** Attributes that never change, and can stay as they are; undefined for all others. */
  getShared(given: Attributes): SanitizedAttributes | undefined {
    const known = this.#known.get(given);
    if (known !== undefined || !this.#isConstant(given)) return known;
    return this.#sanitizePrimitives(given, true);
  }

  /** Attributes of which upstream has to decide some. */
  sanitizeByUpstream(given: Attributes): SanitizedAttributes {
    return this.#sanitizeByUpstream(given);
  }

  /** Undefined for what throws when it is read, too: whoever cleans it says what becomes of it. */
  #usual(given: Attributes): SanitizedAttributes | undefined {
    try {
      return this.#sanitizePrimitives(given, this.#isConstant(given));
    } catch {
      return undefined;
    }
  }

  /** Undefined for attributes of which not all can stay as they are. */
  #sanitizePrimitives(given: Attributes, isShared: boolean): SanitizedAttributes | undefined {
    const attributes = { ...given };
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const count = countPrimitivesWithinLimit(attributes, attributeValueLengthLimit);
    if (count === -1 || count > attributeCountLimit) return undefined;
    const names = isShared ? Object.keys(attributes) : noNames;
    const clean = { attributes, names, count, droppedCount: 0, isShared };
    if (isShared) this.#known.set(given, clean);
    return clean;
  }

  /** Whether attributes are known to be always the same. */
  #isConstant(given: Attributes): boolean {
    this.#unknownCount = (this.#unknownCount + 1) % FROZEN_CHECK_INTERVAL;
    return this.#unknownCount === 0 && Object.isFrozen(given) && !hasAccessor(given);
  }
}

function hasAccessor(object: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(object)).some((property) => !('value' in property));
}
