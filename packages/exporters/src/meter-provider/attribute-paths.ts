import type { Attributes } from '@opentelemetry/api';

import { isPlainValue } from '../values/value-converter.ts';

/** Where attributes lead after some of their keys and values. */
class Step<Found> {
  found: Found | undefined;
  /** The key that came first after these. */
  key: string | undefined;
  values: Map<unknown, Step<Found>> | undefined;
  others: Map<string, Map<unknown, Step<Found>>> | undefined;

  next(key: string, value: unknown): Step<Found> | undefined {
    return (key === this.key ? this.values : this.others?.get(key))?.get(value);
  }

  /** The next step, made when there is none. */
  grow(key: string, value: unknown): Step<Found> {
    const known = this.next(key, value);
    if (known !== undefined) return known;
    const made = new Step<Found>();
    this.#valuesOf(key).set(value, made);
    return made;
  }

  #valuesOf(key: string): Map<unknown, Step<Found>> {
    this.key ??= key;
    if (key === this.key) return (this.values ??= new Map());
    this.others ??= new Map();
    let values = this.others.get(key);
    if (values === undefined) {
      values = new Map();
      this.others.set(key, values);
    }
    return values;
  }
}

/**
 * Finds what belongs to attributes by their keys and values in the order in which they come: no key has to be built of them, and the hashes
 * of their strings are known. Attributes with values other than text, numbers and booleans, and with huge texts, are not kept.
 */
export class AttributePaths<Found> {
  readonly #root = new Step<Found>();
  #size = 0;

  /** The number of paths. */
  get size(): number {
    return this.#size;
  }

  get(attributes: Attributes): Found | undefined {
    let step: Step<Found> | undefined = this.#root;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value = attributes[key];
      if (value === undefined) continue;
      step = step.next(key, value);
      if (step === undefined) return undefined;
    }
    return step.found;
  }

  set(attributes: Attributes, found: Found): void {
    const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
    if (!entries.every(([, value]) => isPlainValue(value) && value !== null)) return;
    let step = this.#root;
    for (const [key, value] of entries) step = step.grow(key, value);
    step.found = found;
    this.#size++;
  }
}
