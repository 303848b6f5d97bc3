import type { VNode } from 'preact';
import type { RuntimePoint, RuntimeSeries } from '../api/trace-types.ts';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import type { TraceIndex } from './waterfall-rows.ts';

const maxLanes = 6;
const height = 30;

function toMs(value: number, unit: string): number {
  if (unit === 's') return value * 1000;
  return unit === 'ns' ? value / 1e6 : value;
}

/** The interval of a point as a part of the time axis, in percent. */
function placeInterval({ from, time }: RuntimePoint, index: TraceIndex): { left: number; right: number } {
  const toPercent = (at: number): number =>
    Math.min(100, Math.max(0, ((at - index.trace.start) / index.durationMs) * 100));
  return { left: toPercent(from), right: toPercent(time) };
}

/** The area below the points: each value holds for the whole of its interval. */
function areaPath(series: RuntimeSeries, index: TraceIndex, maxMs: number): string {
  return series.points
    .map((point) => {
      const { left, right } = placeInterval(point, index);
      const y = height - 2 - (maxMs === 0 ? 0 : (toMs(point.value, series.unit) / maxMs) * (height - 8));
      return `M${left.toFixed(2)} ${height} V${y.toFixed(1)} H${right.toFixed(2)} V${height}`;
    })
    .join(' ');
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
          .map((point) => {
            const { left, right } = placeInterval(point, index);
            const ms = toMs(point.value, series.unit);
            const share = Math.min(1, ms / Math.max(ms, point.time - point.from));
            return (
              <span
                key={point.time}
                class="gc"
                style={{
                  left: `${left}%`,
                  width: `${right - left}%`,
                  height: `${Math.max(3, share * (height - 4))}px`,
                }}
                title={`${formatDuration(ms)} of garbage collection between ${formatTime(point.from)} and ${formatTime(point.time)}`}
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
