import type { Segment } from './template.ts';

/** A place in a tree of path segments. */
export interface Node<Leaf> {
  readonly statics: Map<string, Node<Leaf>>;
  param: Node<Leaf> | undefined;
  rest: Leaf | undefined;
  leaf: Leaf | undefined;
}

/** An empty tree. */
export const createNode = <Leaf>(): Node<Leaf> => ({
  statics: new Map(),
  param: undefined,
  rest: undefined,
  leaf: undefined,
});

/** Puts a leaf in, unless there is one at its place already; returns the one that is there now. */
export function insert<Leaf>(root: Node<Leaf>, segments: readonly Segment[], leaf: Leaf): Leaf {
  let node = root;
  for (const { kind, text } of segments) {
    if (kind === 'rest') return (node.rest ??= leaf);
    let child = kind === 'param' ? node.param : node.statics.get(text);
    if (child === undefined) {
      child = createNode();
      if (kind === 'param') node.param = child;
      else node.statics.set(text, child);
    }
    node = child;
  }
  return (node.leaf ??= leaf);
}

/**
 * The leaf for a path, segment by segment: static before parameter before rest, going back where a choice leads
 * nowhere. Paths are compared as they are: nothing is decoded, folded or collapsed. The raw values of parameters are
 * pushed to `values`. A look-up visits each node at most once.
 */
export function find<Leaf>(node: Node<Leaf>, path: string, values: string[], start = 1): Leaf | undefined {
  const slash = path.indexOf('/', start);
  const segment = slash === -1 ? path.slice(start) : path.slice(start, slash);
  const below = (child: Node<Leaf> | undefined): Leaf | undefined =>
    child && (slash === -1 ? child.leaf : find(child, path, values, slash + 1));
  const fixed = below(node.statics.get(segment));
  if (fixed !== undefined) return fixed;
  if (node.param !== undefined && segment !== '') {
    values.push(segment);
    const leaf = below(node.param);
    if (leaf !== undefined) return leaf;
    values.pop();
  }
  if (node.rest !== undefined) values.push(path.slice(start));
  return node.rest;
}
