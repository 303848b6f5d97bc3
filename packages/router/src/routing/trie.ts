/** A place in a tree of path segments. What a template captures is below `/:` and `/*`, which no segment can be. */
export class Node<Leaf, Key = string> extends Map<Key, Node<Leaf, Key>> {
  leaf: Leaf | undefined;
}

/**
 * The leaf for a path, segment by segment: static before parameter before rest, going back where a choice leads
 * nowhere. Paths are compared as they are: nothing is decoded, folded or collapsed. The raw values of parameters are
 * pushed to `values`, the last one first. A look-up visits each node at most once.
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
  const fixed = find(node.get(segment), path, values, end + 1);
  if (fixed) return fixed;
  const captured = segment ? find(node.get('/:'), path, values, end + 1) : undefined;
  const leaf = captured ?? node.get('/*')?.leaf;
  if (leaf) values.push(captured ? segment : path.slice(start));
  return leaf;
}
