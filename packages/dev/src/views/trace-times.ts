import { endOf, startOf, type TreeNode } from './trace-tree.ts';

interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The parts of a span that none of its children covers. */
function uncovered(node: TreeNode): Interval[] {
  const parts: Interval[] = [];
  const end = endOf(node);
  let at = startOf(node);
  // Children lie in order of their starts as sent; a moved one may not.
  const children = node.children.toSorted((a, b) => startOf(a) - startOf(b));
  for (const child of children) {
    const start = Math.min(startOf(child), end);
    if (start > at) parts.push({ start: at, end: start });
    at = Math.max(at, Math.min(endOf(child), end));
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
    const byEnd = node.children.toSorted((a, b) => endOf(b) - endOf(a));
    stack.push({ node, at: Math.min(until, endOf(node)), next: 0, byEnd });
  };
  enter(root, Number.POSITIVE_INFINITY);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { node, byEnd } = frame;
    const child = byEnd[frame.next++];
    if (child === undefined) {
      piece(pieces, node, startOf(node), frame.at);
      stack.pop();
      continue;
    }
    // It began after the path had already left it, or it goes on after its parent: then it holds nobody up.
    if (startOf(child) >= frame.at || endOf(child) > frame.at) continue;
    piece(pieces, node, endOf(child), frame.at);
    frame.at = Math.max(startOf(child), startOf(node));
    enter(child, endOf(child));
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
  foldOf: Map<number, number>;
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
  const foldOf = new Map<number, number>();
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.length < 3) continue;
    const id = folds.length;
    for (const node of group) foldOf.set(node.id, id);
    const inOrder = group.toSorted((a, b) => startOf(a) - startOf(b));
    folds.push({
      id,
      parentSpanId: first.parentId,
      name: first.name,
      count: group.length,
      spanIds: inOrder.map(({ spanId }) => spanId),
      start: startOf(inOrder[0] as TreeNode),
      end: group.reduce((end, node) => Math.max(end, endOf(node)), 0),
      totalMs: group.reduce((sum, { durationMs }) => sum + Math.max(0, durationMs), 0),
      inSeries: inOrder.every(
        (node, index) => index === 0 || startOf(node) >= endOf(inOrder[index - 1] as TreeNode) - 0.001,
      ),
    });
  }
  return { folds, foldOf };
}
