import type { Attributes } from '@opentelemetry/api';

/** Where attributes lead after some of their keys and values. */
interface Step<Found> {
  found: Found | undefined;
  next: Map<string, Map<unknown, Step<Found>>> | undefined;
}

/**
 * Finds what belongs to attributes by their keys and values in the order in which they come: no key has to be built of them, and the hashes
 * of their strings are known. Attributes with values other than text, numbers and booleans are not kept.
 */
export class AttributePaths<Found> {
  readonly #root: Step<Found> = { found: undefined, next: undefined };
  #size = 0;

  /** The number of paths. */
  get size(): number {
    return this.#size;
  }

  get(attributes: Attributes): Found | undefined {
    let step: Step<Found> | undefined = this.#root;
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      if (value === undefined) continue;
      step = step.next?.get(key)?.get(value);
      if (step === undefined) return undefined;
    }
    return step.found;
  }

  set(attributes: Attributes, found: Found): void {
    const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
    if (entries.some(([, value]) => typeof value === 'object')) return;
    let step = this.#root;
    for (const [key, value] of entries) {
      step.next ??= new Map();
      let values = step.next.get(key);
      if (values === undefined) {
        values = new Map();
        step.next.set(key, values);
      }
      let child = values.get(value);
      if (child === undefined) {
        child = { found: undefined, next: undefined };
        values.set(value, child);
      }
      step = child;
    }
    step.found = found;
    this.#size++;
  }
}
