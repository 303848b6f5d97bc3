import type { Attributes } from '@opentelemetry/api';

type Value = string | number | undefined;

let size = 0;

/** What requests have in common, as far as it is known. Made once, and bounded: a client can make up any number of some. */
export class AttributeTrie extends Map<Value, AttributeTrie> {
  /** Always the same frozen object; what is undefined or empty is left out. */
  attributes: Attributes = {};
  /** What spans are called whose requests have this in common: made once, for it is looked at more often than not. */
  name: string | undefined;

  /** The same when one more attribute is known: the next one, for attributes become known in the same order always. */
  child(name: string, value: Value): AttributeTrie {
    let more = this.get(value);
    if (!more) {
      more = new AttributeTrie();
      more.attributes = Object.freeze({
        ...this.attributes,
        ...((value && { [name]: value }) as Attributes),
      });
      if (size++ < 10_000) this.set(value, more);
    }
    return more;
  }
}

/** What all requests have in common. */
export const sharedAttributes: AttributeTrie = new AttributeTrie();
