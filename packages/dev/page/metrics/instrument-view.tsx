import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { Instrument, InstrumentData } from '../api/metric-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { Segmented } from '../components/segmented.tsx';
import { formatCount } from '../format/number.ts';
import { parameter, withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { chartRange } from './chart-range.ts';
import { HeatMap } from './heat-map.tsx';
import { LineChart } from './line-chart.tsx';
import { SeriesTable } from './series-table.tsx';
import { listStatistics } from './statistics.ts';

const windows = [
  ['5m', '5 min'],
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['6h', '6 h'],
] as const;

const shownSeries = 12;

function Cardinality({ instrument }: { readonly instrument: Instrument }): VNode {
  const { attributes, series } = instrument;
  const by = parameter('by');
  return (
    <table class="narrow" aria-label="Attributes">
      <thead>
        <tr>
          <th scope="col">{formatCount(series)} series from</th>
          <th scope="col">values</th>
          <th scope="col" />
        </tr>
      </thead>
      <tbody>
        {attributes.slice(0, 20).map(({ key, values }, index) => (
          <tr key={key}>
            <td>
              {firstLine(key, 100)}
              {index === 0 && values > 1 && <small>makes the most series</small>}
            </td>
            <td>{formatCount(values)}</td>
            <td>
              <a
                href={withParameters({ by: by === key ? null : key })}
                aria-current={by === key ? 'true' : undefined}
              >
                {by === key ? 'show apart' : 'group by'}
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function InstrumentHeader({ instrument }: { readonly instrument: Instrument }): VNode {
  return (
    <div class="trace-header">
      <h1>{firstLine(instrument.name, 200)}</h1>
      {instrument.description !== '' && <p>{firstLine(instrument.description, 600)}</p>}
      <div class="meta">
        <span>
          {instrument.type}
          {instrument.temporality === null ? '' : `, ${instrument.temporality}`}
        </span>
        <span>unit {instrument.unit === '' ? 'none' : instrument.unit}</span>
        <span title="Name in Prometheus">
          Prometheus <code>{firstLine(instrument.prometheusName, 200)}</code>
        </span>
        <span>{firstLine(instrument.scope, 100)}</span>
        <span>{firstLine(instrument.services.join(', '), 100)}</span>
      </div>
      {instrument.conflict !== null && <p class="problem">{instrument.conflict}</p>}
    </div>
  );
}

/** An instrument: its chart, its heat map, its series, and what causes them. */
export function InstrumentView({ instrument }: { readonly instrument: Instrument }): VNode {
  const statistics = listStatistics(instrument);
  const window = parameter('window') || '5m';
  const by = parameter('by');
  const statistic = statistics.find(({ name }) => name === parameter('stat')) ?? statistics[0];
  const [highlighted, setHighlighted] = useState<string>();
  useEffect(() => setHighlighted(undefined), [by]);
  const { data, error } = useQuery<InstrumentData>(
    apiAddress(`/api/metrics/${instrument.id}`, { window, by }),
    versions.points,
    { keep: true },
  );
  if (statistic === undefined) return <></>;
  const series = data?.series.slice(0, shownSeries) ?? [];
  const heatmap = data?.heatmap;
  return (
    <>
      <InstrumentHeader instrument={instrument} />
      {error !== undefined && <Problem error={error} />}
      <h2>
        {statistic.name}
        <Segmented label="Time" name="window" value={window} options={windows} />
        {statistics.length > 1 && (
          <Segmented
            label="Statistic"
            name="stat"
            value={statistic.name}
            options={statistics.map(({ name }) => [name, name])}
          />
        )}
      </h2>
      {data !== undefined && (
        <>
          <LineChart data={data} series={series} statistic={statistic} highlighted={highlighted} />
          {data.series.length > series.length && (
            <p class="note">
              {formatCount(series.length)} of {data.more ? 'more than ' : ''}
              {formatCount(data.series.length)} series are drawn: group them by an attribute
            </p>
          )}
          <SeriesTable
            series={series}
            statistic={statistic}
            unit={instrument.unit}
            onHighlight={setHighlighted}
          />
          {heatmap !== undefined && heatmap !== null && heatmap.times.length > 0 && (
            <>
              <h2>Distribution</h2>
              <HeatMap
                data={heatmap}
                unit={instrument.unit}
                exemplars={data.exemplars}
                stepMs={data.stepMs}
                range={chartRange(data)}
              />
            </>
          )}
        </>
      )}
      {instrument.attributes.length > 0 && <Cardinality instrument={instrument} />}
    </>
  );
}
