import type { Attributes } from '@opentelemetry/api';

type Value = string | number | undefined;

let size = 0;

/** Interns the attribute sets that requests share. Bounded: clients can send any number of distinct values. */
export class AttributeTrie extends Map<Value, AttributeTrie> {
  /** Frozen, and always the same object. Undefined and empty values are left out. */
  attributes: Attributes = {};
  /** The name of the spans that have these attributes. */
  name: string | undefined;

  /** The set with one more attribute. Callers add attributes in a fixed order, so the value alone is the key. */
  child(name: string, value: Value): AttributeTrie {
    let child = this.get(value);
    if (!child) {
      child = new AttributeTrie();
      child.attributes = Object.freeze({
        ...this.attributes,
        ...((value && { [name]: value }) as Attributes),
      });
      if (size++ < 10_000) this.set(value, child);
    }
    return child;
  }
}

/** The root: the attributes that all requests share. */
export const sharedAttributes: AttributeTrie = new AttributeTrie();
