import { types } from 'node:util';

/** Returns the names of an error's standard members, and of its own ones. */
export function errorMembers(error: object): readonly string[] {
  const ownKeys = Object.keys(error);
  const standardKeys = ['name', 'message', 'stack', 'cause', 'errors'].filter(
    (name) =>
      !ownKeys.includes(name) && (name === 'name' || name === 'message' || Object.hasOwn(error, name)),
  );
  return [...standardKeys, ...ownKeys];
}

/** Returns the bytes of an `ArrayBuffer` or `DataView`; undefined for other values. */
export function toBytes(value: object): Uint8Array | undefined {
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (!types.isDataView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * Returns the pairs of an object that can be iterated repeatedly, such as `Headers`; undefined for all others. Never
 * consumes an iterator, such as a generator.
 */
export function iteratePairs(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  const { entries } = value as { entries?: unknown };
  if (typeof entries !== 'function' || Reflect.get(value, Symbol.iterator) !== entries) return undefined;
  return entries.call(value) as Iterable<readonly [unknown, unknown]>;
}

/** Returns the first items of a set. */
export function firstItems(set: ReadonlySet<unknown>, maxItems: number): unknown[] {
  const items: unknown[] = [];
  for (const item of Set.prototype.values.call(set)) {
    if (items.length >= maxItems) break;
    items.push(item);
  }
  return items;
}

/** The first entries of a map. */
interface MapEntries {
  readonly entries: readonly (readonly [unknown, unknown])[];
  /** The keys as text; undefined if a key is an object, or two keys have the same text. */
  readonly names: readonly string[] | undefined;
  /** The number of omitted entries as text; empty for none. */
  readonly omitted: string;
}

/** Reads the first entries of a map. */
export function readEntries(
  pairs: Iterable<readonly [unknown, unknown]>,
  maxEntries: number,
  size: number | undefined,
): MapEntries {
  const entries: [unknown, unknown][] = [];
  const names = new Set<string>();
  let count = 0;
  for (const [key, value] of pairs) {
    if (++count > maxEntries) break;
    entries.push([key, value]);
    if (typeof key !== 'object' && typeof key !== 'function') names.add(keyText(key));
  }
  const areUnique = names.size === entries.length;
  const omitted = count <= maxEntries ? '' : size === undefined ? 'more' : `${size - maxEntries} more`;
  return { entries, names: areUnique ? [...names] : undefined, omitted };
}

function keyText(key: unknown): string {
  // Formatting a huge integer takes more than linear time.
  return typeof key === 'bigint' && BigInt.asIntN(64, key) !== key ? '[BigInt]' : String(key);
}
