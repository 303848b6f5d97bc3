import type { VNode } from 'preact';
import type { RuntimeSeries } from '../api/trace-types.ts';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import type { TraceIndex } from './waterfall-rows.ts';

const maxLanes = 6;
const height = 30;

function toMs(value: number, unit: string): number {
  if (unit === 's') return value * 1000;
  return unit === 'ns' ? value / 1e6 : value;
}

/** The area below the points, which hold from one to the next. */
function areaPath(series: RuntimeSeries, index: TraceIndex, maxMs: number): string {
  const { start } = index.trace;
  let path = '';
  let last = 0;
  for (const { time, value } of series.points) {
    const x = ((time - start) / index.durationMs) * 100;
    const y = height - 2 - (maxMs === 0 ? 0 : (toMs(value, series.unit) / maxMs) * (height - 8));
    path += path === '' ? `M${Math.min(0, x)} ${height} L${Math.min(0, x)} ${y.toFixed(1)}` : '';
    path += ` L${x.toFixed(2)} ${y.toFixed(1)}`;
    last = x;
  }
  return path === '' ? '' : `${path} L${Math.max(100, last)} ${height}`;
}

function EventLoopLane({
  series,
  index,
}: {
  readonly series: RuntimeSeries;
  readonly index: TraceIndex;
}): VNode {
  const maxMs = Math.max(0, ...series.points.map(({ value }) => toMs(value, series.unit)));
  return (
    <div class="row loop">
      <div class="cell faint">
        event-loop delay
        <small>
          {series.service} · max {formatDuration(maxMs)}
        </small>
      </div>
      <div class="lane">
        <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={areaPath(series, index, maxMs)} />
        </svg>
      </div>
    </div>
  );
}

function GcLane({ series, index }: { readonly series: RuntimeSeries; readonly index: TraceIndex }): VNode {
  const totalMs = series.points.reduce((sum, { value }) => sum + toMs(value, series.unit), 0);
  const count = series.points.reduce((sum, point) => sum + (point.count ?? 0), 0);
  return (
    <div class="row loop">
      <div class="cell faint">
        GC
        <small>
          {series.service} · {formatDuration(totalMs)} in {formatPlural(count, 'run')}
        </small>
      </div>
      <div class="lane">
        {series.points
          .filter(({ value }) => value > 0)
          .slice(0, 200)
          .map(({ time, value }) => {
            const end = ((time - index.trace.start) / index.durationMs) * 100;
            const width = (toMs(value, series.unit) / index.durationMs) * 100;
            if (end < 0 || end - width > 100) return null;
            const left = Math.max(0, end - width);
            return (
              <span
                key={time}
                class="gc"
                style={{ left: `${left}%`, width: `${Math.min(100 - left, width)}%` }}
                title={`${formatDuration(toMs(value, series.unit))} of garbage collection reported`}
              />
            );
          })}
      </div>
    </div>
  );
}

/** Event-loop delay and garbage collection of each process, on the time axis of the spans. */
export function RuntimeLanes({ index }: { readonly index: TraceIndex }): VNode | null {
  const lanes = index.trace.runtime
    .filter(({ points }) => points.some(({ value }) => value > 0))
    .slice(0, maxLanes);
  if (lanes.length === 0) return null;
  return (
    <div class="runtime">
      {lanes.map((series) => {
        const Lane = series.kind === 'gc' ? GcLane : EventLoopLane;
        return <Lane key={`${series.instance} ${series.name}`} series={series} index={index} />;
      })}
    </div>
  );
}
