import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Exemplar, HeatMapData } from '../api/metric-types.ts';
import { formatCount, formatMeasure } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { colorVersion, resolveColor } from '../state/theme.ts';
import { type Dot, ExemplarDots } from './exemplar-dots.tsx';

const left = 76;
const maxRowHeight = 22;
const innerHeight = 200;
const maxDots = 60;

/** The buckets from the lowest to the highest that counts something. */
interface Shape {
  readonly first: number;
  readonly rows: number;
  readonly max: number;
  readonly rowHeight: number;
}

function measure({ bounds, counts }: HeatMapData): Shape {
  let [first, last, max] = [bounds.length, 0, 0];
  for (const column of counts) {
    column.forEach((count, bucket) => {
      if (count <= 0) return;
      first = Math.min(first, bucket);
      last = Math.max(last, bucket);
      max = Math.max(max, count);
    });
  }
  if (max === 0) [first, last] = [0, bounds.length];
  const rows = Math.max(1, last - first + 1);
  return { first, rows, max, rowHeight: Math.min(maxRowHeight, innerHeight / rows) };
}

function bucketName({ bounds }: HeatMapData, bucket: number, unit: string): string {
  const [from, to] = [bounds[bucket - 1], bounds[bucket]];
  if (from === undefined) return `up to ${formatMeasure(to, unit)}`;
  return to === undefined
    ? `above ${formatMeasure(from, unit)}`
    : `${formatMeasure(from, unit)} to ${formatMeasure(to, unit)}`;
}

function draw(
  canvas: HTMLCanvasElement,
  { data, range, stepMs }: HeatMapProps,
  shape: Shape,
  width: number,
): void {
  const ratio = devicePixelRatio;
  const height = shape.rows * shape.rowHeight;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(ratio, ratio);
  context.fillStyle = resolveColor('accent');
  const [from, to] = range;
  const columnWidth = Math.max(1, (stepMs / (to - from)) * width - 0.5);
  data.counts.forEach((column, index) => {
    const end = (((data.times[index] ?? 0) - from) / (to - from)) * width;
    for (let row = 0; row < shape.rows; row += 1) {
      const count = column[shape.first + row] ?? 0;
      if (count <= 0) continue;
      context.globalAlpha = 0.15 + 0.85 * Math.sqrt(count / shape.max);
      const y = (shape.rows - 1 - row) * shape.rowHeight;
      context.fillRect(end - columnWidth, y, columnWidth, shape.rowHeight - 1);
    }
  });
}

export interface HeatMapProps {
  readonly data: HeatMapData;
  readonly unit: string;
  readonly exemplars: readonly Exemplar[];
  readonly stepMs: number;
  /** The time that is shown. */
  readonly range: readonly [from: number, to: number];
}

function placeDots(props: HeatMapProps, shape: Shape, width: number): Dot[] {
  const { data, exemplars, range } = props;
  const [from, to] = range;
  return exemplars.slice(-maxDots).flatMap((exemplar): Dot[] => {
    const x = ((exemplar.time - from) / (to - from)) * width;
    if (x < 0 || x > width) return [];
    const above = data.bounds.findIndex((bound) => exemplar.value <= bound);
    const row = Math.min(shape.rows - 1, Math.max(0, (above < 0 ? data.bounds.length : above) - shape.first));
    return [{ exemplar, x: x + left, y: (shape.rows - row - 0.5) * shape.rowHeight }];
  });
}

/** How often each bucket of a histogram was met in the course of time: the darker, the more often. */
export function HeatMap(props: HeatMapProps): VNode {
  const { data, unit, range } = props;
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(600);
  const [pointed, setPointed] = useState('');
  const shape = useMemo(() => measure(data), [data]);
  const colors = colorVersion.value;
  useLayoutEffect(() => {
    const parent = element.current;
    if (parent === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(parent.clientWidth - left - 8));
    observer.observe(parent);
    setWidth(parent.clientWidth - left - 8);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (canvas.current !== null) draw(canvas.current, props, shape, width);
  }, [data, shape, width, colors]);

  const describe = (event: MouseEvent): void => {
    const pointedTime = range[0] + (event.offsetX / width) * (range[1] - range[0]);
    const time = data.times.findIndex((end) => end >= pointedTime);
    const bucket = shape.first + shape.rows - 1 - Math.floor(event.offsetY / shape.rowHeight);
    const count = data.counts[time]?.[bucket] ?? 0;
    setPointed(
      `${formatTime(data.times[time] ?? 0, 'second')}  ${bucketName(data, bucket, unit)}: ${formatCount(count)}`,
    );
  };
  const labelStep = Math.max(1, Math.ceil(14 / shape.rowHeight));
  const height = shape.rows * shape.rowHeight;
  const labels = Array.from({ length: Math.ceil(shape.rows / labelStep) }, (_, index) => index * labelStep);
  return (
    <div ref={element} class="heat-map">
      <div style={{ position: 'relative', height: `${height}px` }}>
        {labels.map((row) => (
          <span
            key={row}
            class="bound"
            style={{ bottom: `${(row + 0.5) * shape.rowHeight}px`, width: `${left - 8}px` }}
          >
            {data.bounds[shape.first + row] === undefined
              ? '∞'
              : formatMeasure(data.bounds[shape.first + row], unit)}
          </span>
        ))}
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Distribution over ${formatCount(shape.rows)} buckets; the fullest holds ${formatCount(shape.max)}`}
          style={{ left: `${left}px`, width: `${width}px`, height: `${height}px` }}
          onMouseMove={describe}
          onMouseLeave={() => setPointed('')}
        />
        <ExemplarDots dots={placeDots(props, shape, width)} unit={unit} />
      </div>
      <div class="times" style={{ marginLeft: `${left}px` }}>
        <span>{formatTime(range[0], 'second')}</span>
        <span class="pointed">{pointed}</span>
        <span>{formatTime(range[1], 'second')}</span>
      </div>
    </div>
  );
}
