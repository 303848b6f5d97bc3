import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { Instrument } from '../api/metric-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { RowTable } from '../components/row-table.tsx';
import { formatCount, formatMeasure } from '../format/number.ts';
import { address, parameter, path } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { InstrumentView } from './instrument-view.tsx';

/** From this number of series on an instrument is expensive to keep. */
const manySeries = 1000;

/**
 * The last part of an instrument's address: its name, which is the same in the next session; its id where another
 * instrument has the same name.
 */
function addressName({ id, name }: Instrument, all: readonly Instrument[]): string {
  return all.some((other) => other.name === name && other.id !== id) ? String(id) : name;
}

function InstrumentRow({
  instrument,
  segment,
  isSelected,
}: {
  readonly instrument: Instrument;
  readonly segment: string;
  readonly isSelected: boolean;
}): VNode {
  const { name, unit, prometheusName, series, last, type, attributes } = instrument;
  const cause = attributes[0];
  return (
    <tr class={isSelected ? 'selected' : undefined}>
      <td class="instrument">
        <a
          data-row
          href={address(['metrics', segment], { q: parameter('q') })}
          aria-current={isSelected ? 'true' : undefined}
        >
          {firstLine(name, 120)}
          <small>{firstLine(prometheusName, 120)}</small>
        </a>
      </td>
      <td class="left">{type === 'exponentialHistogram' ? 'exp. histogram' : type}</td>
      <td
        class={series >= manySeries ? 'error' : undefined}
        title={cause === undefined ? undefined : `${cause.key} has ${cause.values} values`}
      >
        {formatCount(series)}
      </td>
      <td>{formatMeasure(last, unit)}</td>
    </tr>
  );
}

/** Every instrument beside the chart of the selected one. */
export function MetricsView(): VNode {
  const [, segment] = path.value;
  const search = parameter('q');
  const { data, error } = useQuery<{ items: readonly Instrument[] }>(
    apiAddress('/api/metrics', { search }),
    versions.points,
    { keep: true },
  );
  const selected =
    data?.items.find(({ id }) => String(id) === segment) ?? data?.items.find(({ name }) => name === segment);
  return (
    <main class="split">
      <section class="column scrolling" aria-label="Instruments" tabIndex={0}>
        <h2>Instruments</h2>
        {error !== undefined && <Problem error={error} />}
        {data !== undefined && data.items.length === 0 && (
          <EmptyState title="No metrics yet">
            <HowToSend />
            <p>
              Metrics arrive once per export interval: every second under sonde dev, every minute by default
              elsewhere.
            </p>
          </EmptyState>
        )}
        {data !== undefined && data.items.length > 0 && (
          <RowTable
            label="Instruments"
            columns={['instrument', { title: 'type', align: 'left' }, 'series', 'last']}
          >
            {data.items.slice(0, 500).map((instrument) => (
              <InstrumentRow
                key={instrument.id}
                instrument={instrument}
                segment={addressName(instrument, data.items)}
                isSelected={instrument === selected}
              />
            ))}
          </RowTable>
        )}
      </section>
      <section class="details" aria-label="Instrument" tabIndex={0}>
        {selected === undefined ? (
          <div class="empty">
            {data !== undefined && data.items.length > 0 && <p>Choose an instrument to see its series.</p>}
          </div>
        ) : (
          <InstrumentView key={selected.id} instrument={selected} />
        )}
      </section>
    </main>
  );
}
