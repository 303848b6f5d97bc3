import type { VNode } from 'preact';
import type { Series } from '../api/metric-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatMeasure, formatValue } from '../format/number.ts';
import { seriesStyle } from './series-style.ts';
import type { Statistic } from './statistics.ts';

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The keys of attributes in which series differ; all of them where there is one series. */
export function distinctKeys(series: readonly Series[]): ReadonlySet<string> {
  const [first] = series;
  const keys = new Set(series.flatMap(({ attributes }) => Object.keys(attributes)));
  if (series.length < 2 || first === undefined) return keys;
  for (const key of keys) {
    const value = valueText(first.attributes[key] ?? null);
    if (series.every(({ attributes }) => valueText(attributes[key] ?? null) === value)) keys.delete(key);
  }
  return keys;
}

/** The attributes of a series in one line. */
export function seriesName({ attributes, service, instance }: Series, keys: ReadonlySet<string>): string {
  const pairs = Object.entries(attributes)
    .filter(([key]) => keys.has(key))
    .map(([key, value]) => `${key}=${valueText(value)}`);
  const origin = service ?? instance;
  return firstLine([...pairs, ...(origin === null ? [] : [origin])].join(' ') || 'all', 200);
}

export interface SeriesTableProps {
  readonly series: readonly Series[];
  readonly statistic: Statistic;
  readonly unit: string;
  readonly onHighlight: (key: string | undefined) => void;
}

/** The legend of a chart, with the last value of each line. */
export function SeriesTable({ series, statistic, unit, onHighlight }: SeriesTableProps): VNode {
  const keys = distinctKeys(series);
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
                {seriesName(item, keys)}
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
