import { Fragment, type VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { Instance, Service, Services } from '../api/service-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { type Column, RowTable } from '../components/row-table.tsx';
import { Segmented } from '../components/segmented.tsx';
import { formatAge, formatDuration } from '../format/duration.ts';
import { formatCount, formatPercent, formatPlural, formatRate } from '../format/number.ts';
import { quoteValue } from '../state/query-terms.ts';
import { coveredSeconds } from '../state/covered-time.ts';
import { address, parameter } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { ServiceMap } from './service-map.tsx';

const windows = [
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['all', 'all'],
] as const;
const shapes = [
  ['together', 'instances together'],
  ['apart', 'apart'],
] as const;

function Figures({ item, seconds }: { readonly item: Service | Instance; readonly seconds: number }): VNode {
  return (
    <>
      <td>{formatRate(item.requests / seconds)}</td>
      <td class={item.errorRatio > 0 ? 'error' : 'ok'}>{formatPercent(item.errorRatio)}</td>
      <td>{formatDuration(item.p50Ms)}</td>
      <td>{formatDuration(item.p95Ms)}</td>
    </>
  );
}

function ServiceRow({ service, seconds }: { readonly service: Service; readonly seconds: number }): VNode {
  const signals = Object.entries(service.signals).filter(([, has]) => has);
  return (
    <tr>
      <td>
        <a data-row href={address(['requests'], { q: `service=${quoteValue(service.name)}` })}>
          {firstLine(service.name, 100)}
        </a>
        <small>{firstLine(service.version ?? '', 40)}</small>
      </td>
      <Figures item={service} seconds={seconds} />
      <td>{formatCount(service.spans)}</td>
      <td>
        <a href={address(['logs'], { q: `service=${quoteValue(service.name)}` })}>
          {formatCount(service.logs)}
        </a>
      </td>
      <td class="left">{signals.map(([name]) => name).join(', ')}</td>
      <td class="left">{firstLine(service.distro ?? service.sdk ?? service.language ?? '', 60)}</td>
      <td>{formatPlural(service.instances.length, 'instance')}</td>
      <td>{formatAge(service.lastSeen)}</td>
    </tr>
  );
}

function InstanceRow({
  instance,
  seconds,
}: {
  readonly instance: Instance;
  readonly seconds: number;
}): VNode {
  const name = instance.pid === null ? instance.id : `pid ${instance.pid}`;
  return (
    <tr class="instance">
      <td>
        <a data-row href={address(['requests'], { q: `instance=${quoteValue(instance.id)}` })}>
          {firstLine(name, 60)}
        </a>
        <small>{firstLine(instance.host ?? '', 40)}</small>
      </td>
      <Figures item={instance} seconds={seconds} />
      <td colspan={5} class="left faint">
        {firstLine(instance.id, 60)}
      </td>
      <td>{formatAge(instance.lastSeen)}</td>
    </tr>
  );
}

const columns: readonly Column[] = [
  'service',
  'rate',
  'errors',
  'p50',
  'p95',
  'spans',
  'logs',
  { title: 'signals', align: 'left' },
  { title: 'SDK', align: 'left' },
  'instances',
  'last',
];

const windowMs: Readonly<Record<string, number>> = { '15m': 900_000, '1h': 3_600_000 };

/** The services that sent something, and which calls which. */
export function ServicesView(): VNode {
  const window = parameter('window') || '15m';
  const shape = parameter('instances') || 'together';
  const { data, error } = useQuery<Services>(apiAddress('/api/services', { window }), versions.spans, {
    keep: true,
  });
  const seconds = coveredSeconds(Date.now() - (windowMs[window] ?? Infinity), Date.now());
  return (
    <main class="single" aria-label="Services" tabIndex={0}>
      <h2>
        Services
        <Segmented label="Time" name="window" value={window} options={windows} />
        <Segmented label="Instances" name="instances" value={shape} options={shapes} />
      </h2>
      {error !== undefined && <Problem error={error} />}
      {data !== undefined && data.services.length === 0 && (
        <EmptyState title="No services yet">
          <HowToSend />
        </EmptyState>
      )}
      {data !== undefined && data.services.length > 0 && (
        <>
          <ServiceMap data={data} seconds={seconds} isApart={shape === 'apart'} />
          <RowTable label="Services" columns={columns}>
            {data.services.slice(0, 200).map((service) => (
              <Fragment key={service.name}>
                <ServiceRow service={service} seconds={seconds} />
                {shape === 'apart' &&
                  service.instances
                    .slice(0, 100)
                    .map((instance) => (
                      <InstanceRow key={instance.id} instance={instance} seconds={seconds} />
                    ))}
              </Fragment>
            ))}
          </RowTable>
        </>
      )}
    </main>
  );
}
