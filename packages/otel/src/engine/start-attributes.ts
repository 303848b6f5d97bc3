import type { Attributes } from '@opentelemetry/api';

/** How many attributes something may have, and how long their values may be. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

/** Attributes that were checked and cut to the limits. */
export interface CleanAttributes {
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
const lookedAt = 7;

/** No attributes at all. */
export const nothingShared: CleanAttributes = {
  attributes: Object.freeze({}),
  names: noNames,
  count: 0,
  droppedCount: 0,
  isShared: true,
};

/** Whether a value stays as it is and needs no other check. The rest, limits and lists among it, is upstream's to decide. */
export function isUsual(value: unknown, maxLength: number): boolean {
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
function countUsual(own: Attributes, maxLength: number): number {
  let count = 0;
  for (const key in own) {
    if (key === '' || key === '__proto__' || !isUsual(own[key], maxLength)) return -1;
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
export class StartAttributes {
  readonly #limits: AttributeLimits;
  readonly #cleanUnusual: (given: Attributes) => CleanAttributes;
  readonly #known = new WeakMap<Attributes, CleanAttributes>();
  #unknown = 0;

  /** @param cleanUnusual what upstream does; it decides on limits, objects, lists and what is invalid */
  constructor(limits: AttributeLimits, cleanUnusual: (given: Attributes) => CleanAttributes) {
    this.#limits = limits;
    this.#cleanUnusual = cleanUnusual;
  }

  /** The attributes to begin with. What is not shared belongs to the caller. */
  of(given: Attributes | undefined): CleanAttributes {
    const isWarned = this.#limits.attributeValueLengthLimit <= 0;
    if (isWarned) return this.#cleanUnusual(given ?? {});
    if (typeof given !== 'object' || given === null) return nothingShared;
    return this.#known.get(given) ?? this.#usual(given) ?? this.#cleanUnusual(given);
  }

  /** Attributes that never change, and can stay as they are; undefined for all others. */
  shared(given: Attributes): CleanAttributes | undefined {
    const known = this.#known.get(given);
    if (known !== undefined || !this.#isConstant(given)) return known;
    return this.#learn(given, true);
  }

  /** Attributes of which upstream has to decide some. */
  unusual(given: Attributes): CleanAttributes {
    return this.#cleanUnusual(given);
  }

  /** Undefined for what throws when it is read, too: whoever cleans it says what becomes of it. */
  #usual(given: Attributes): CleanAttributes | undefined {
    try {
      return this.#learn(given, this.#isConstant(given));
    } catch {
      return undefined;
    }
  }

  /** Undefined for attributes of which not all can stay as they are. */
  #learn(given: Attributes, isShared: boolean): CleanAttributes | undefined {
    const attributes = { ...given };
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const count = countUsual(attributes, attributeValueLengthLimit);
    if (count === -1 || count > attributeCountLimit) return undefined;
    const names = isShared ? Object.keys(attributes) : noNames;
    const clean = { attributes, names, count, droppedCount: 0, isShared };
    if (isShared) this.#known.set(given, clean);
    return clean;
  }

  /** Whether attributes are known to be always the same. */
  #isConstant(given: Attributes): boolean {
    this.#unknown = (this.#unknown + 1) % lookedAt;
    return this.#unknown === 0 && Object.isFrozen(given) && !hasGetter(given);
  }
}

function hasGetter(object: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(object)).some((property) => !('value' in property));
}
