/** A place in a tree of path segments. What a template captures is below `/:` and `/*`, which no segment can be. */
export class Node<Leaf, Key = string> extends Map<Key, Node<Leaf, Key>> {
  leaf: Leaf | undefined;
}

/** Puts a leaf in, unless there is one at its place already; returns the one that is there now. */
export function insert<Leaf>(root: Node<Leaf>, keys: readonly string[], leaf: Leaf): Leaf {
  let node = root;
  for (const key of keys) {
    const child = node.get(key) ?? new Node<Leaf>();
    node.set(key, child);
    node = child;
  }
  return (node.leaf ??= leaf);
}

/**
 * The leaf for a path, segment by segment: static before parameter before rest, going back where a choice leads
 * nowhere. Paths are compared as they are: nothing is decoded, folded or collapsed. The raw values of parameters are
 * pushed to `values`. A look-up visits each node at most once.
 */
export function find<Leaf extends object>(
  node: Node<Leaf>,
  path: string,
  values: string[],
  start = 1,
): Leaf | undefined {
  const slash = path.indexOf('/', start);
  const segment = path.slice(start, slash === -1 ? undefined : slash);
  const below = (key: string): Leaf | undefined => {
    const child = node.get(key);
    return child && (slash === -1 ? child.leaf : find(child, path, values, slash + 1));
  };
  const fixed = below(segment);
  if (fixed) return fixed;
  if (segment) {
    values.push(segment);
    const leaf = below('/:');
    if (leaf) return leaf;
    values.pop();
  }
  const rest = node.get('/*')?.leaf;
  if (rest) values.push(path.slice(start));
  return rest;
}
