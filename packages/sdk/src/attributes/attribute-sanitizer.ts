import type { Attributes } from '@opentelemetry/api';
import { maxNameLength } from '../values/members.ts';

/** Limits of the number of attributes and the length of their values. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

/** Attributes that are valid and within the limits. */
export interface SanitizedAttributes {
  readonly attributes: Attributes;
  /** The names of shared attributes; empty for others. */
  readonly names: readonly string[];
  readonly count: number;
  readonly droppedCount: number;
  /** Whether the object is shared, and must be copied before it is changed. */
  readonly isShared: boolean;
}

const noNames: readonly string[] = [];

/**
 * Check only every 7th unknown object for frozenness: reused objects will be hit soon. Prime, to avoid aliasing with
 * alternating call sites.
 */
const FROZEN_CHECK_INTERVAL = 7;

/** An empty set of attributes. */
export const noSharedAttributes: SanitizedAttributes = {
  attributes: Object.freeze({}),
  names: noNames,
  count: 0,
  droppedCount: 0,
  isShared: true,
};

/** Whether a value is a primitive that needs no further check. Upstream's functions decide about all other values. */
export function isPrimitiveWithinLimit(value: unknown, maxLength: number): boolean {
  if (maxLength <= 0) return false;
  return typeof value === 'string'
    ? value.length <= maxLength
    : typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Counts the attributes if all of them are valid and within the limit; else returns -1.
 *
 * @param attributes a plain copy, without getters
 */
function countPrimitivesWithinLimit(attributes: Attributes, maxLength: number): number {
  let count = 0;
  for (const key in attributes) {
    if (key === '' || key === '__proto__' || key.length > maxNameLength) return -1;
    if (!isPrimitiveWithinLimit(attributes[key], maxLength)) return -1;
    count++;
  }
  return count;
}

/**
 * Sanitizes the initial attributes of spans and log records. Caches the result for frozen objects, which hot code passes
 * again and again.
 *
 * @see https://opentelemetry.io/docs/specs/otel/common/#attribute-limits
 */
export class AttributeSanitizer {
  readonly #limits: AttributeLimits;
  readonly #sanitizeByUpstream: (attributes: Attributes) => SanitizedAttributes;
  readonly #known = new WeakMap<Attributes, SanitizedAttributes>();
  #unknownCount = 0;

  /** @param sanitizeByUpstream sanitizes attributes with invalid values, objects or lists, and those beyond a limit */
  constructor(limits: AttributeLimits, sanitizeByUpstream: (attributes: Attributes) => SanitizedAttributes) {
    this.#limits = limits;
    this.#sanitizeByUpstream = sanitizeByUpstream;
  }

  /** Returns the initial attributes. The caller owns them unless they are shared. */
  sanitize(attributes: Attributes | undefined): SanitizedAttributes {
    // Upstream warns about an invalid limit.
    if (this.#limits.attributeValueLengthLimit <= 0) return this.#sanitizeByUpstream(attributes ?? {});
    if (typeof attributes !== 'object' || attributes === null) return noSharedAttributes;
    return (
      this.#known.get(attributes) ??
      this.#trySanitizePrimitives(attributes) ??
      this.#sanitizeByUpstream(attributes)
    );
  }

  /** Returns attributes that are frozen and within the limits; undefined for all others. */
  getShared(attributes: Attributes): SanitizedAttributes | undefined {
    const known = this.#known.get(attributes);
    if (known !== undefined || !this.#isConstant(attributes)) return known;
    return this.#sanitizePrimitives(attributes, true);
  }

  /** Sanitizes attributes by upstream's functions, without the fast paths. */
  sanitizeByUpstream(attributes: Attributes): SanitizedAttributes {
    return this.#sanitizeByUpstream(attributes);
  }

  /** Undefined also if reading throws: the slow path decides about such members. */
  #trySanitizePrimitives(attributes: Attributes): SanitizedAttributes | undefined {
    try {
      return this.#sanitizePrimitives(attributes, this.#isConstant(attributes));
    } catch {
      return undefined;
    }
  }

  /** Undefined if an attribute needs the slow path. */
  #sanitizePrimitives(input: Attributes, isShared: boolean): SanitizedAttributes | undefined {
    const attributes = { ...input };
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const count = countPrimitivesWithinLimit(attributes, attributeValueLengthLimit);
    if (count === -1 || count > attributeCountLimit) return undefined;
    const names = isShared ? Object.keys(attributes) : noNames;
    const sanitized = { attributes, names, count, droppedCount: 0, isShared };
    if (isShared) this.#known.set(input, sanitized);
    return sanitized;
  }

  /** Whether an object was checked and found immutable. */
  #isConstant(attributes: Attributes): boolean {
    this.#unknownCount = (this.#unknownCount + 1) % FROZEN_CHECK_INTERVAL;
    return this.#unknownCount === 0 && Object.isFrozen(attributes) && !hasAccessor(attributes);
  }
}

function hasAccessor(object: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(object)).some((property) => !('value' in property));
}
