import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Exemplar, InstrumentData, Series } from '../api/metric-types.ts';
import { formatMeasure, formatValue } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { colorVersion, resolveColor } from '../state/theme.ts';
import { type Dot, ExemplarDots } from './exemplar-dots.tsx';
import { chartRange } from './chart-range.ts';
import { seriesStyle } from './series-style.ts';
import { distinctKeys, seriesName } from './series-table.tsx';
import type { Statistic } from './statistics.ts';

const toSeconds = ([from, to]: readonly [number, number]): [number, number] => [from / 1000, to / 1000];
const height = 220;
const maxDots = 60;

/** All series on the times of any of them, as uPlot reads it. */
function align(series: readonly Series[], statistic: Statistic): uPlot.AlignedData {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ time }) => time)))].toSorted(
    (a, b) => a - b,
  );
  const positions = new Map(times.map((time, index) => [time, index]));
  const columns = series.map(({ points }) => {
    const column: (number | null)[] = Array.from({ length: times.length }, () => null);
    for (const point of points) column[positions.get(point.time) ?? 0] = statistic.get(point) ?? null;
    return column;
  });
  return [times.map((time) => time / 1000), ...columns];
}

export interface LineChartProps {
  readonly data: InstrumentData;
  readonly series: readonly Series[];
  readonly statistic: Statistic;
  readonly highlighted: string | undefined;
}

/** Where the dots of exemplars are in a chart; those beyond its range are at its edge. */
function placeDots(plot: uPlot, exemplars: readonly Exemplar[]): Dot[] {
  const { left, top, width, height: inner } = plot.bbox;
  const ratio = devicePixelRatio;
  return exemplars.slice(-maxDots).flatMap((exemplar): Dot[] => {
    const x = plot.valToPos(exemplar.time / 1000, 'x', true);
    if (x < left || x > left + width) return [];
    const y = Math.min(top + inner, Math.max(top, plot.valToPos(exemplar.value, 'y', true)));
    return [{ exemplar, x: x / ratio, y: y / ratio }];
  });
}

function createOptions(props: LineChartProps, width: number, onDraw: (plot: uPlot) => void): uPlot.Options {
  const { data, series, statistic } = props;
  const axis = {
    stroke: resolveColor('faint'),
    grid: { stroke: resolveColor('grid'), width: 1 },
    ticks: { show: false },
  };
  const format = (value: number): string =>
    statistic.inUnit ? formatMeasure(value, data.unit) : formatValue(value);
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, min, max) => [Math.min(0, min ?? 0), (max ?? 1) * 1.08 || 1] } },
    axes: [
      { ...axis, space: 90, values: (_, ticks) => ticks.map((tick) => formatTime(tick * 1000, 'second')) },
      { ...axis, size: 76, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map((item, index): uPlot.Series => {
        const { token, dash } = seriesStyle(index);
        return {
          label: item.key,
          stroke: resolveColor(token),
          dash: [...dash],
          width: 1.5,
          spanGaps: true,
          points: { size: 4 },
        };
      }),
    ],
    hooks: { draw: [onDraw] },
  };
}

/** Lines in time, with dots for the traces that stand behind a value. */
export function LineChart(props: LineChartProps): VNode {
  const { data, series, statistic, highlighted } = props;
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [dots, setDots] = useState<readonly Dot[]>([]);
  const aligned = useMemo(() => align(series, statistic), [data, statistic]);
  const exemplars = useRef(data.exemplars);
  const range = useRef(data);
  exemplars.current = statistic.inUnit ? data.exemplars : [];
  range.current = data;
  const shape = `${statistic.name} ${data.unit} ${series.map(({ key }) => key).join('\n')} ${colorVersion.value}`;

  useLayoutEffect(() => {
    const parent = element.current;
    if (parent === null) return undefined;
    const options = createOptions(props, parent.clientWidth, (drawn) =>
      setDots(placeDots(drawn, exemplars.current)),
    );
    const x = { range: (): [number, number] => toSeconds(chartRange(range.current)) };
    const own = new uPlot({ ...options, scales: { ...options.scales, x } }, aligned, parent);
    plot.current = own;
    const observer = new ResizeObserver(() => own.setSize({ width: parent.clientWidth, height }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      own.destroy();
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(aligned), [aligned]);
  useEffect(() => {
    const index = series.findIndex(({ key }) => key === highlighted);
    plot.current?.setSeries(index < 0 ? null : index + 1, { focus: true });
  }, [highlighted]);

  const keys = distinctKeys(series);
  const names = series.slice(0, 5).map((item) => seriesName(item, keys));
  return (
    <div class="chart">
      <div
        ref={element}
        role="img"
        aria-label={`${statistic.name} of ${series.length} series: ${names.join('; ')}`}
      />
      <ExemplarDots dots={dots} unit={data.unit} />
    </div>
  );
}
