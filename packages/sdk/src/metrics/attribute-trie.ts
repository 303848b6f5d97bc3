import type { Attributes } from '@opentelemetry/api';
import { isPlainValue } from '../values/value-converter.ts';

/** Where attributes lead after some of their keys and values. */
class Node<Found> {
  value: Found | undefined;
  /** The key that came first after these. */
  key: string | undefined;
  values: Map<unknown, Node<Found>> | undefined;
  siblings: Map<string, Map<unknown, Node<Found>>> | undefined;

  next(key: string, value: unknown): Node<Found> | undefined {
    return (key === this.key ? this.values : this.siblings?.get(key))?.get(value);
  }

  /** The next step, made when there is none. */
  grow(key: string, value: unknown): Node<Found> {
    const known = this.next(key, value);
    if (known !== undefined) return known;
    const made = new Node<Found>();
    this.#valuesFor(key).set(value, made);
    return made;
  }

  #valuesFor(key: string): Map<unknown, Node<Found>> {
    this.key ??= key;
    if (key === this.key) return (this.values ??= new Map());
    this.siblings ??= new Map();
    let values = this.siblings.get(key);
    if (values === undefined) {
      values = new Map();
      this.siblings.set(key, values);
    }
    return values;
  }
}

/**
 * Finds what belongs to attributes by their keys and values in the order in which they come: no key has to be built of them, and the hashes
 * of their strings are known. Attributes with values other than text, numbers and booleans, and with huge texts, are not kept.
 */
export class AttributeTrie<Found> {
  readonly #root = new Node<Found>();
  #size = 0;

  /** The number of paths. */
  get size(): number {
    return this.#size;
  }

  get(attributes: Attributes): Found | undefined {
    let step: Node<Found> | undefined = this.#root;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value = attributes[key];
      if (value === undefined) continue;
      step = step.next(key, value);
      if (step === undefined) return undefined;
    }
    return step.value;
  }

  set(attributes: Attributes, found: Found): void {
    const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
    if (!entries.every(([, value]) => isPlainValue(value) && value !== null)) return;
    let step = this.#root;
    for (const [key, value] of entries) step = step.grow(key, value);
    step.value = found;
    this.#size++;
  }
}
