import type { Segment } from './template.ts';

interface Node<Leaf> {
  readonly statics: Map<string, Node<Leaf>>;
  param: Node<Leaf> | undefined;
  rest: Leaf | undefined;
  leaf: Leaf | undefined;
}

const createNode = <Leaf>(): Node<Leaf> => ({
  statics: new Map(),
  param: undefined,
  rest: undefined,
  leaf: undefined,
});

/**
 * Finds the leaf for a path, segment by segment: static before parameter before rest, going back where a choice
 * leads nowhere. Paths are compared as they are: nothing is decoded, folded or collapsed. A look-up visits each
 * node at most once.
 */
export class Trie<Leaf> {
  readonly #root: Node<Leaf> = createNode();

  /** Puts a leaf in; returns the one that already was at this place, if any, and then changes nothing. */
  insert(segments: readonly Segment[], leaf: Leaf): Leaf | undefined {
    let node = this.#root;
    for (const { kind, text } of segments) {
      if (kind === 'rest') {
        if (node.rest !== undefined) return node.rest;
        node.rest = leaf;
        return undefined;
      }
      node = kind === 'param' ? (node.param ??= createNode()) : childOf(node, text);
    }
    if (node.leaf !== undefined) return node.leaf;
    node.leaf = leaf;
    return undefined;
  }

  /** The leaf for a path that starts with a slash. The raw values of its parameters are pushed to `values`. */
  find(path: string, values: string[]): Leaf | undefined {
    return find(this.#root, path, 1, values);
  }
}

function childOf<Leaf>(node: Node<Leaf>, text: string): Node<Leaf> {
  let child = node.statics.get(text);
  if (child === undefined) node.statics.set(text, (child = createNode()));
  return child;
}

function find<Leaf>(node: Node<Leaf>, path: string, start: number, values: string[]): Leaf | undefined {
  const slash = path.indexOf('/', start);
  const segment = slash === -1 ? path.slice(start) : path.slice(start, slash);
  const fixed = node.statics.get(segment);
  if (fixed !== undefined) {
    const leaf = slash === -1 ? fixed.leaf : find(fixed, path, slash + 1, values);
    if (leaf !== undefined) return leaf;
  }
  if (node.param !== undefined && segment !== '') {
    values.push(segment);
    const leaf = slash === -1 ? node.param.leaf : find(node.param, path, slash + 1, values);
    if (leaf !== undefined) return leaf;
    values.pop();
  }
  if (node.rest !== undefined) values.push(path.slice(start));
  return node.rest;
}
