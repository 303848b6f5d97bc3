import type { VNode } from 'preact';
import type { Route, Routes } from '../api/request-types.ts';
import { RowTable } from '../components/row-table.tsx';
import { Sparkline } from '../components/sparkline.tsx';
import { firstLine } from '../components/long-text.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatPercent, formatRate } from '../format/number.ts';
import { coveredSeconds } from '../state/covered-time.ts';
import { parameter, withParameters } from '../state/location.ts';

const shownRows = 200;

const leastBuckets = 8;

/** The counts from the first request on. */
function sinceFirst(counts: readonly number[]): readonly number[] {
  const first = counts.findIndex((count) => count > 0);
  return counts.slice(Math.max(0, Math.min(first - 1, counts.length - leastBuckets)));
}

interface RouteRowProps {
  readonly route: Route;
  readonly seconds: number;
  readonly isSelected: boolean;
  readonly named: boolean;
}

function RouteRow({ route, seconds, isSelected, named }: RouteRowProps): VNode {
  const target = isSelected ? null : route.query;
  return (
    <tr class={isSelected ? 'selected' : undefined}>
      <td>
        <a
          data-row
          href={withParameters({ route: target })}
          aria-current={isSelected ? 'true' : undefined}
          title={`${route.method ?? ''} ${firstLine(route.route)} of ${route.service}: ${formatCount(route.count)} requests, p99 ${formatDuration(route.p99Ms)}, longest ${formatDuration(route.maxMs)}`}
        >
          <span class="method">{(route.method ?? route.kind).slice(0, 8)}</span>
          {firstLine(route.route, 200)}
          {named && <small>{route.service}</small>}
        </a>
      </td>
      <td>{formatRate(route.count / seconds)}</td>
      <td class={route.errors > 0 ? 'error' : 'ok'}>{formatPercent(route.errorRatio)}</td>
      <td>{formatDuration(route.p50Ms)}</td>
      <td>{formatDuration(route.p95Ms)}</td>
      <td>
        <Sparkline values={sinceFirst(route.sparkline.counts)} />
      </td>
    </tr>
  );
}

/** Routes with rate, errors, durations, and how many requests came in the course of time. */
export function RouteTable({ data }: { readonly data: Routes }): VNode {
  const { items: routes } = data;
  const seconds = coveredSeconds(data.from, data.to);
  const selected = parameter('route');
  const hasServices = new Set(routes.map(({ service }) => service)).size > 1;
  return (
    <div class="routes">
      <RowTable label="Routes" columns={['route', 'rate', 'errors', 'p50', 'p95', 'requests']}>
        {routes.slice(0, shownRows).map((route) => (
          <RouteRow
            key={route.key}
            route={route}
            seconds={seconds}
            isSelected={route.query === selected}
            named={hasServices}
          />
        ))}
      </RowTable>
      {routes.length > shownRows && (
        <p class="note">{formatCount(routes.length - shownRows)} more: filter with the query</p>
      )}
    </div>
  );
}
