import { nodeEnd, nodeStart, type TreeNode } from './trace-tree.ts';

interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The parts of a span that none of its children covers. */
function uncovered(node: TreeNode): Interval[] {
  const parts: Interval[] = [];
  const end = nodeEnd(node);
  let at = nodeStart(node);
  // Children lie in order of their starts as sent; a moved one may not.
  const children = node.children.toSorted((a, b) => nodeStart(a) - nodeStart(b));
  for (const child of children) {
    const start = Math.min(nodeStart(child), end);
    if (start > at) parts.push({ start: at, end: start });
    at = Math.max(at, Math.min(nodeEnd(child), end));
  }
  if (end > at) parts.push({ start: at, end });
  return parts;
}

/** Milliseconds that no child covers. */
export function selfMs(node: TreeNode): number {
  if (node.children.length === 0) return Math.max(0, node.durationMs);
  return uncovered(node).reduce((sum, { start, end }) => sum + end - start, 0);
}

export interface Gap {
  readonly spanId: string;
  readonly start: number;
  readonly durationMs: number;
}

/** Where a span with children has none under way for a good part of the trace. */
export function findGaps(nodes: readonly TreeNode[], traceMs: number): Gap[] {
  const leastMs = Math.max(1, traceMs * 0.05);
  return nodes
    .filter(({ children }) => children.length > 0)
    .flatMap((node) =>
      uncovered(node)
        .filter(({ start, end }) => end - start >= leastMs)
        .map(({ start, end }) => ({ spanId: node.spanId, start, durationMs: end - start })),
    )
    .slice(0, 1000);
}

export interface CriticalPiece extends Interval {
  readonly spanId: string;
}

/**
 * The pieces of spans that determine how long the trace takes: from its end backwards, always the child that ended
 * last. Pieces come in order of time.
 */
export function criticalPath(root: TreeNode): CriticalPiece[] {
  const pieces: CriticalPiece[] = [];
  const stack: { node: TreeNode; at: number; next: number; byEnd: TreeNode[] }[] = [];
  const enter = (node: TreeNode, until: number): void => {
    const byEnd = node.children.toSorted((a, b) => nodeEnd(b) - nodeEnd(a));
    stack.push({ node, at: Math.min(until, nodeEnd(node)), next: 0, byEnd });
  };
  enter(root, Number.POSITIVE_INFINITY);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { node, byEnd } = frame;
    const child = byEnd[frame.next++];
    if (child === undefined) {
      piece(pieces, node, nodeStart(node), frame.at);
      stack.pop();
      continue;
    }
    // It began after the path had already left it, or it goes on after its parent: then it holds nobody up.
    if (nodeStart(child) >= frame.at || nodeEnd(child) > frame.at) continue;
    piece(pieces, node, nodeEnd(child), frame.at);
    frame.at = Math.max(nodeStart(child), nodeStart(node));
    enter(child, nodeEnd(child));
  }
  return pieces.toReversed();
}

function piece(pieces: CriticalPiece[], { spanId }: TreeNode, start: number, end: number): void {
  if (end > start) pieces.push({ spanId, start, end });
}

export interface Fold {
  readonly id: number;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly count: number;
  readonly spanIds: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly totalMs: number;
  readonly inSeries: boolean;
}

/** Siblings that are repeated: three or more of one name, kind and process. */
export function findFolds(nodes: readonly (TreeNode & { readonly name: string; readonly kind: number })[]): {
  folds: Fold[];
  foldByNode: Map<number, number>;
} {
  const groups = new Map<string, (typeof nodes)[number][]>();
  for (const node of nodes) {
    if (node.parent === undefined) continue;
    const key = `${node.parent.id} ${node.kind} ${node.resource} ${node.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  const folds: Fold[] = [];
  const foldByNode = new Map<number, number>();
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.length < 3) continue;
    const id = folds.length;
    for (const node of group) foldByNode.set(node.id, id);
    const inOrder = group.toSorted((a, b) => nodeStart(a) - nodeStart(b));
    folds.push({
      id,
      parentSpanId: first.parentId,
      name: first.name,
      count: group.length,
      spanIds: inOrder.map(({ spanId }) => spanId),
      start: nodeStart(inOrder[0] as TreeNode),
      end: group.reduce((end, node) => Math.max(end, nodeEnd(node)), 0),
      totalMs: group.reduce((sum, { durationMs }) => sum + Math.max(0, durationMs), 0),
      inSeries: inOrder.every(
        (node, index) => index === 0 || nodeStart(node) >= nodeEnd(inOrder[index - 1] as TreeNode) - 0.001,
      ),
    });
  }
  return { folds, foldByNode };
}
