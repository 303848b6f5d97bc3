import type { Attributes } from '@opentelemetry/api';
import { maxNameLength } from '../values/members.ts';
import { isPlainValue } from '../values/value-converter.ts';

/** A node, reached by a sequence of keys and values. */
class Node<Value> {
  value: Value | undefined;
  /** The first key that was added below this node. */
  key: string | undefined;
  values: Map<unknown, Node<Value>> | undefined;
  siblings: Map<string, Map<unknown, Node<Value>>> | undefined;

  child(key: string, value: unknown): Node<Value> | undefined {
    return (key === this.key ? this.values : this.siblings?.get(key))?.get(value);
  }

  /** Returns the child, and creates it if it does not exist. */
  ensureChild(key: string, value: unknown): Node<Value> {
    const existing = this.child(key, value);
    if (existing !== undefined) return existing;
    const created = new Node<Value>();
    this.#valuesFor(key).set(value, created);
    return created;
  }

  #valuesFor(key: string): Map<unknown, Node<Value>> {
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
 * Maps attributes to values by their keys and values in insertion order. A lookup builds no composite key, and V8 caches the
 * hashes of the strings. Attributes with huge strings, or with values other than strings, numbers and booleans, are not
 * stored.
 */
export class AttributeTrie<Value> {
  readonly #root = new Node<Value>();
  #size = 0;

  /** The number of paths. */
  get size(): number {
    return this.#size;
  }

  get(attributes: Attributes): Value | undefined {
    let node: Node<Value> | undefined = this.#root;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value = attributes[key];
      if (value === undefined) continue;
      node = node.child(key, value);
      if (node === undefined) return undefined;
    }
    return node.value;
  }

  set(attributes: Attributes, value: Value): void {
    const entries = Object.entries(attributes).filter(([, attribute]) => attribute !== undefined);
    const isStored = entries.every(
      ([name, attribute]) => name.length <= maxNameLength && isPlainValue(attribute) && attribute !== null,
    );
    if (!isStored) return;
    let node = this.#root;
    for (const [key, attribute] of entries) node = node.ensureChild(key, attribute);
    node.value = value;
    this.#size++;
  }
}
