import type { VNode } from 'preact';
import type { Series } from '../api/metric-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatMeasure, formatValue } from '../format/number.ts';
import { seriesStyle } from './series-style.ts';
import type { Statistic } from './statistics.ts';

/** The attributes of a series in one line. */
export function seriesName({ attributes, service }: Series): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return firstLine(pairs.length > 0 ? pairs.join(' ') : (service ?? 'all'), 200);
}

export interface SeriesTableProps {
  readonly series: readonly Series[];
  readonly statistic: Statistic;
  readonly unit: string;
  readonly onHighlight: (key: string | undefined) => void;
}

/** The legend of a chart, with the last value of each line. */
export function SeriesTable({ series, statistic, unit, onHighlight }: SeriesTableProps): VNode {
  return (
    <table class="series" aria-label="Series">
      <thead>
        <tr>
          <th scope="col">series</th>
          <th scope="col">last {statistic.name}</th>
        </tr>
      </thead>
      <tbody>
        {series.map((item, index) => {
          const { token, dash } = seriesStyle(index);
          const last = item.points.findLast((point) => typeof statistic.get(point) === 'number');
          const value = last === undefined ? null : statistic.get(last);
          return (
            <tr
              key={item.key}
              onMouseEnter={() => onHighlight(item.key)}
              onMouseLeave={() => onHighlight(undefined)}
            >
              <td>
                <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">
                  <path d="M0 4H24" style={{ stroke: `var(--${token})` }} stroke-dasharray={dash.join(' ')} />
                </svg>
                {seriesName(item)}
              </td>
              <td>
                {statistic.inUnit
                  ? formatMeasure(value, unit)
                  : `${formatValue(value)}${statistic.name === 'rate' ? '/s' : ''}`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
