/** A span on the way into the waterfall. Times are Unix milliseconds. */
export interface TreeNode {
  readonly id: number;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly resource: number;
  readonly start: number;
  readonly durationMs: number;
  parent: TreeNode | undefined;
  children: TreeNode[];
  depth: number;
  /** Added to the start of a span that another machine's clock puts before its parent. */
  skewMs: number;
  isDuplicate: boolean;
  isCycle: boolean;
}

export type TreeInput = Pick<TreeNode, 'id' | 'spanId' | 'parentId' | 'resource' | 'start' | 'durationMs'>;

export function nodeStart(node: TreeNode): number {
  return node.start + node.skewMs;
}

export function nodeEnd(node: TreeNode): number {
  return node.start + node.skewMs + Math.max(0, node.durationMs);
}

function byStart(a: TreeNode, b: TreeNode): number {
  return a.start - b.start || a.id - b.id;
}

/**
 * Puts spans into the order of a waterfall, whatever arrived: parents that are missing, ids that came twice, parents in a
 * circle. Nothing is recursive: a trace may be one long chain.
 */
export function arrange<Input extends TreeInput>(inputs: readonly Input[]): (Input & TreeNode)[] {
  const nodes = inputs.map((input): Input & TreeNode => ({
    ...input,
    parent: undefined,
    children: [],
    depth: 0,
    skewMs: 0,
    isDuplicate: false,
    isCycle: false,
  }));
  const bySpanId = new Map<string, Input & TreeNode>();
  for (const node of nodes) {
    if (bySpanId.has(node.spanId)) node.isDuplicate = true;
    else bySpanId.set(node.spanId, node);
  }
  const roots: (Input & TreeNode)[] = [];
  for (const node of nodes) {
    const parent = node.parentId === null ? undefined : bySpanId.get(node.parentId);
    if (parent === undefined || parent === node || parent.spanId === node.spanId) roots.push(node);
    else {
      node.parent = parent;
      parent.children.push(node);
    }
  }
  const ordered: (Input & TreeNode)[] = [];
  const seen = new Set<TreeNode>();
  roots.sort(byStart);
  for (const root of roots) walk(root, seen, ordered);
  // Spans that no root reaches form a cycle: the earliest becomes a root.
  for (const node of nodes.toSorted(byStart)) {
    if (seen.has(node)) continue;
    const { parent } = node;
    if (parent !== undefined) parent.children = parent.children.filter((child) => child !== node);
    node.parent = undefined;
    node.isCycle = true;
    walk(node, seen, ordered);
  }
  return ordered;
}

function walk<Node extends TreeNode>(root: Node, seen: Set<TreeNode>, ordered: Node[]): void {
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    ordered.push(node);
    if (node.parent !== undefined) {
      node.depth = node.parent.depth + 1;
      node.skewMs = skew(node, node.parent);
    }
    node.children.sort(byStart);
    for (let index = node.children.length - 1; index >= 0; index--) stack.push(node.children[index] as Node);
  }
}

/** A span of another process that begins before its parent is moved into it; one of the same process moves with it. */
function skew(node: TreeNode, parent: TreeNode): number {
  if (node.resource === parent.resource) return parent.skewMs;
  const parentStart = nodeStart(parent);
  if (node.start >= parentStart) return 0;
  const room = parent.durationMs - node.durationMs;
  return parentStart + Math.max(0, room / 2) - node.start;
}
