/** A node in a trie of path segments. Parameters have the keys `/:` and `/*`, which no segment can equal. */
export class Node<Leaf, Key = string> extends Map<Key, Node<Leaf, Key>> {
  leaf: Leaf | undefined;
}

/**
 * Finds the leaf for a path, segment by segment: static before parameter before rest, with backtracking. Paths are
 * compared as sent: nothing is decoded, case-folded or collapsed. Pushes the raw values of parameters to `values`, the
 * last one first. Visits each node at most once.
 */
export function find<Leaf extends object>(
  node: Node<Leaf> | undefined,
  path: string,
  values: string[],
  start = 0,
): Leaf | undefined {
  if (!node || start > path.length) return node?.leaf;
  const slash = path.indexOf('/', start);
  const end = slash === -1 ? path.length : slash;
  const segment = path.slice(start, end);
  const literal = find(node.get(segment), path, values, end + 1);
  if (literal) return literal;
  const captured = segment ? find(node.get('/:'), path, values, end + 1) : undefined;
  const leaf = captured ?? node.get('/*')?.leaf;
  if (leaf) values.push(captured ? segment : path.slice(start));
  return leaf;
}
