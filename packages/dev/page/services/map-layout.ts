import type { Edge, Services } from '../api/service-types.ts';

export const nodeWidth = 200;
const nodeHeight = 44;
const instanceHeight = 16;
const laneHeight = 22;
const columnGap = 150;
const rowGap = 20;
const maxNodes = 80;
const margin = 16;

export interface MapNode {
  readonly name: string;
  readonly isExternal: boolean;
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface MapEdge {
  readonly edge: Edge;
  /** From the node that calls, past the nodes of the columns between, to the one that is called. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface MapLayout {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  readonly width: number;
  readonly height: number;
}

/** A place in a column: of a node, or of an edge that passes. */
interface Slot {
  readonly id: string;
  readonly column: number;
  readonly height: number;
  y: number;
}

/** The column of each node: one to the right of what calls it. Calls in a circle stop the search. */
function findColumns(names: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const columns = new Map(names.map((name) => [name, 0]));
  const called = edges.filter(({ from, to }) => from !== to);
  for (let round = 0; round < Math.min(names.length, 12); round += 1) {
    let isChanged = false;
    for (const { from, to } of called) {
      const wanted = (columns.get(from) ?? 0) + 1;
      if (wanted > (columns.get(to) ?? 0) && wanted < names.length) {
        columns.set(to, wanted);
        isChanged = true;
      }
    }
    if (!isChanged) break;
  }
  return columns;
}

const columnX = (column: number): number => margin + column * (nodeWidth + columnGap);
const middle = (slot: Slot): number => slot.y + Math.min(slot.height, nodeHeight) / 2;

/** The ids of the slots that an edge goes through. */
function routeEdge(edge: Edge, columns: ReadonlyMap<string, number>): string[] {
  const [from, to] = [columns.get(edge.from) ?? 0, columns.get(edge.to) ?? 0];
  const between = Array.from(
    { length: Math.max(0, to - from - 1) },
    (_, index) => `${edge.from}\n${edge.to}\n${from + index + 1}`,
  );
  return [edge.from, ...between, edge.to];
}

/** Places the slots of each column from top to bottom, near those that lead to them. */
function placeSlots(slots: readonly Slot[], routes: readonly (readonly string[])[]): number {
  const byId = new Map(slots.map((slot) => [slot.id, slot]));
  const callers = new Map<string, string[]>();
  for (const route of routes) {
    route.slice(1).forEach((id, index) => callers.set(id, [...(callers.get(id) ?? []), route[index] ?? '']));
  }
  const wantedY = ({ id }: Slot): number => {
    const ys = (callers.get(id) ?? []).map((caller) => byId.get(caller)?.y ?? 0);
    return ys.length === 0 ? 0 : ys.reduce((sum, y) => sum + y, 0) / ys.length;
  };
  let height = 0;
  const last = Math.max(0, ...slots.map(({ column }) => column));
  for (let column = 0; column <= last; column += 1) {
    let y = rowGap;
    const own = slots.filter((slot) => slot.column === column);
    for (const slot of own.toSorted((a, b) => wantedY(a) - wantedY(b))) {
      slot.y = y;
      y += slot.height + rowGap;
    }
    height = Math.max(height, y);
  }
  return height;
}

/** Places services and what they call from left to right. */
export function layoutMap({ services, edges, externals }: Services, isApart: boolean): MapLayout {
  const external = externals.map(({ name, kind }) => ({ name, isExternal: true, lines: [kind] }));
  const own = services.map(({ name, instances }) => ({
    name,
    isExternal: false,
    lines: isApart ? instances.slice(0, 6).map(({ id, pid }) => (pid === null ? id : `pid ${pid}`)) : [],
  }));
  const all = [...own, ...external].slice(0, maxNodes);
  const known = new Set(all.map(({ name }) => name));
  const drawn = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const columns = findColumns([...known], drawn);
  const routes = drawn.map((edge) => routeEdge(edge, columns));
  const slots = new Map<string, Slot>();
  for (const { name, isExternal, lines } of all) {
    const height = nodeHeight + (isExternal ? 0 : lines.length * instanceHeight);
    slots.set(name, { id: name, column: columns.get(name) ?? 0, height, y: 0 });
  }
  for (const route of routes) {
    route.forEach((id, index) => {
      const column = (columns.get(route[0] ?? '') ?? 0) + index;
      if (!slots.has(id)) slots.set(id, { id, column, height: laneHeight, y: 0 });
    });
  }
  const height = placeSlots([...slots.values()], routes);
  const place = (id: string): Slot => slots.get(id) ?? { id, column: 0, height: 0, y: 0 };
  return {
    nodes: all.map((node) => {
      const { column, y, height: nodeSize } = place(node.name);
      return { ...node, x: columnX(column), y, height: nodeSize };
    }),
    edges: drawn.map((edge, index) => {
      const route = (routes[index] ?? []).map(place);
      return {
        edge,
        points: route.flatMap((slot, position) => {
          const [x, y] = [columnX(slot.column), middle(slot)];
          if (position === 0) return [{ x: x + nodeWidth, y }];
          return position === route.length - 1
            ? [{ x, y }]
            : [
                { x, y },
                { x: x + nodeWidth, y },
              ];
        }),
      };
    }),
    width: 2 * margin + nodeWidth + Math.max(0, ...all.map(({ name }) => columnX(place(name).column))),
    height: Math.max(100, height),
  };
}
