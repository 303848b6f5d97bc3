/** `Map.groupBy`, which is missing in old Node.js versions; they load this module before they are rejected. */
export function groupBy<K, V>(items: readonly V[], getKey: (item: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    const key = getKey(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
