import { types } from 'node:util';

/** The names of what an error says, and of its own members. */
export function errorMembers(error: object): readonly string[] {
  const own = Object.keys(error);
  const usual = ['name', 'message', 'stack', 'cause', 'errors'].filter(
    (name) => !own.includes(name) && (name === 'name' || name === 'message' || Object.hasOwn(error, name)),
  );
  return [...usual, ...own];
}

/** The bytes of a buffer or view; undefined for a list of numbers. */
export function bytesIn(value: object): Uint8Array | undefined {
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (!types.isDataView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * The pairs of an object without members that can be iterated again and again, such as `Headers`; undefined for all
 * others. Nothing is asked that is used up by it, such as a generator.
 */
export function pairsIn(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  const { entries } = value as { entries?: unknown };
  if (typeof entries !== 'function' || Reflect.get(value, Symbol.iterator) !== entries) return undefined;
  return entries.call(value) as Iterable<readonly [unknown, unknown]>;
}

/** The first items of a set. */
export function firstItems(set: ReadonlySet<unknown>, maxItems: number): unknown[] {
  const items: unknown[] = [];
  for (const item of Set.prototype.values.call(set)) {
    if (items.length >= maxItems) break;
    items.push(item);
  }
  return items;
}

/** What was read of a map. */
interface MapEntries {
  readonly entries: readonly (readonly [unknown, unknown])[];
  /** The keys as text; undefined when one is an object, or two have the same text. */
  readonly names: readonly string[] | undefined;
  /** How many entries there are beyond the limit, as text; empty for none. */
  readonly more: string;
}

/** Reads the first pairs of a map. */
export function mapEntries(
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
  const areNames = names.size === entries.length;
  const more = count <= maxEntries ? '' : size === undefined ? 'more' : `${size - maxEntries} more`;
  return { entries, names: areNames ? [...names] : undefined, more };
}

function keyText(key: unknown): string {
  // To find the digits of a huge integer takes more than linear time.
  return typeof key === 'bigint' && BigInt.asIntN(64, key) !== key ? '[BigInt]' : String(key);
}
