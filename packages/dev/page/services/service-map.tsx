import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Service, Services } from '../api/service-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatPercent, formatRate } from '../format/number.ts';
import { quoteValue } from '../state/query-terms.ts';
import { address } from '../state/location.ts';
import { layoutMap, type MapEdge, type MapNode, nodeWidth } from './map-layout.ts';

/** A line through points: curved between columns, straight past a node. */
function curve(points: MapEdge['points']): string {
  let path = '';
  points.forEach(({ x, y }, index) => {
    const before = points[index - 1];
    if (before === undefined) path = `M${x} ${y}`;
    else if (index % 2 === 0) path += ` L${x} ${y}`;
    else {
      const bend = x <= before.x ? 60 : (x - before.x) / 2;
      path += ` C${before.x + bend} ${before.y} ${x - bend} ${y} ${x} ${y}`;
    }
  });
  return path;
}

function Arrow({ edge, points }: MapEdge): VNode {
  const [first, second] = points;
  const last = points.at(-1);
  if (first === undefined || second === undefined || last === undefined) return <g />;
  const errors = edge.errors > 0 ? `, ${formatCount(edge.errors)} errors` : '';
  return (
    <g class={edge.errors > 0 ? 'edge failing' : 'edge'}>
      <title>{`${edge.from} → ${edge.to}: ${formatCount(edge.count)} ${edge.kind} calls${errors}, p50 ${formatDuration(edge.p50Ms)}, p95 ${formatDuration(edge.p95Ms)}`}</title>
      <path d={curve(points)} />
      <path
        class="head"
        d={`M${last.x - 7} ${last.y - 4} L${last.x} ${last.y} L${last.x - 7} ${last.y + 4}Z`}
      />
      <text x={(first.x + second.x) / 2} y={(first.y + second.y) / 2 - 5} text-anchor="middle">
        {formatCount(edge.count)} × {formatDuration(edge.p50Ms)}
        {edge.errors > 0 ? ` · ${formatCount(edge.errors)} !` : ''}
      </text>
    </g>
  );
}

function Node({
  node,
  service,
  seconds,
}: {
  readonly node: MapNode;
  readonly service: Service | undefined;
  readonly seconds: number;
}): VNode {
  const name = firstLine(node.name, 22);
  const figures =
    service === undefined
      ? (node.lines[0] ?? '')
      : `${formatRate(service.requests / seconds)} · ${formatDuration(service.p50Ms)} · ${formatPercent(service.errorRatio)} err`;
  const query = node.isExternal ? `target=${quoteValue(node.name)}` : `service=${quoteValue(node.name)}`;
  return (
    <a href={address([node.isExternal ? 'traces' : 'requests'], { q: query })}>
      <rect
        x={node.x}
        y={node.y}
        width={nodeWidth}
        height={node.height}
        rx={node.isExternal ? 14 : 6}
        class={node.isExternal ? 'external' : (service?.errorRatio ?? 0) > 0 ? 'failing' : ''}
      />
      <text x={node.x + 12} y={node.y + 18} class="name">
        {name}
      </text>
      <text x={node.x + 12} y={node.y + 34}>
        {figures}
      </text>
      {!node.isExternal &&
        node.lines.map((line, index) => (
          <text key={line} x={node.x + 12} y={node.y + 52 + index * 16} class="faint">
            {firstLine(line, 22)}
          </text>
        ))}
    </a>
  );
}

export interface ServiceMapProps {
  readonly data: Services;
  /** The time that the counts are of. */
  readonly seconds: number;
  readonly isApart: boolean;
}

/** Which service calls which, from spans. */
export function ServiceMap({ data, seconds, isApart }: ServiceMapProps): VNode {
  const { nodes, edges, width, height } = useMemo(() => layoutMap(data, isApart), [data, isApart]);
  return (
    <div class="map" role="region" aria-label="Map" tabIndex={0}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {edges.map(({ edge, points }) => (
          <Arrow key={`${edge.from} ${edge.to} ${edge.kind}`} edge={edge} points={points} />
        ))}
        {nodes.map((node) => (
          <Node
            key={`${node.isExternal} ${node.name}`}
            node={node}
            seconds={seconds}
            service={data.services.find(({ name }) => !node.isExternal && name === node.name)}
          />
        ))}
      </svg>
    </div>
  );
}
