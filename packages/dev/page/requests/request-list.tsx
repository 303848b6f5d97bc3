import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { Page, RequestItem } from '../api/request-types.ts';
import { Problem } from '../components/problem.tsx';
import { Segmented } from '../components/segmented.tsx';
import { firstLine } from '../components/long-text.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { navigate, parameter, withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { useTail } from '../state/tail.ts';
import { NewItems } from '../components/new-items.tsx';

const sorts = [
  ['time', 'newest first'],
  ['duration', 'slowest first'],
] as const;

function RequestRow({ request }: { readonly request: RequestItem }): VNode {
  const { statusCode, error } = request;
  return (
    <>
      <span class="time">{formatTime(request.start)}</span>
      <span class={error ? 'status error' : 'status ok'}>{statusCode ?? (error ? 'error' : 'ok')}</span>
      <span class="name">
        {request.method !== null && request.path !== null && <i>{firstLine(request.method, 10)}</i>}
        {firstLine(request.path ?? request.name)}
      </span>
      <span class="figure">{formatDuration(request.durationMs)}</span>
      <span class="figure wide">{formatPlural(request.spans, 'span')}</span>
    </>
  );
}

interface RowsProps {
  readonly items: readonly RequestItem[];
  readonly onAtStart?: (isAtStart: boolean) => void;
  readonly onAtEnd?: (isAtEnd: boolean) => void;
}

function RequestRows({ items, onAtStart, onAtEnd }: RowsProps): VNode {
  const traceId = parameter('trace');
  const spanId = parameter('span');
  const open = (index: number): void => {
    const item = items[index];
    if (item === undefined) return;
    const address = withParameters({ trace: item.traceId, span: item.spanId });
    navigate(address, { replace: traceId !== '' });
  };
  const exact = items.findIndex((item) => item.traceId === traceId && item.spanId === spanId);
  const selected = exact >= 0 ? exact : items.findIndex((item) => item.traceId === traceId);
  return (
    <VirtualList
      label="Requests"
      class="requests"
      count={items.length}
      rowHeight={28}
      selected={traceId === '' ? -1 : selected}
      keyAt={(index) => items[index]?.id ?? index}
      renderRow={(index) => {
        const request = items[index];
        return request === undefined ? null : <RequestRow request={request} />;
      }}
      onSelect={open}
      {...(onAtStart !== undefined && { onAtStart })}
      {...(onAtEnd !== undefined && { onAtEnd })}
    />
  );
}

function NewestRequests({ q }: { readonly q: string }): VNode {
  const tail = useTail<RequestItem>({ path: '/api/requests', q, topic: 'spans', overlap: 50 });
  // Each service exports in batches of its own: requests arrive later than others that are younger.
  const items = useMemo(
    () => tail.items.value.toSorted((a, b) => b.start - a.start || b.id - a.id),
    [tail.items.value],
  );
  const error = tail.error.value;
  return (
    <>
      {error !== undefined && <Problem error={error} />}
      {tail.loaded.value && items.length === 0 && error === undefined && (
        <p class="note">No requests match.</p>
      )}
      <NewItems
        count={tail.waiting.value.length}
        onFollow={() => {
          tail.follow();
          document.querySelector('.virtual.requests')?.scrollTo(0, 0);
        }}
      />
      <RequestRows
        items={items}
        onAtStart={(isAtStart) => (isAtStart ? tail.follow() : tail.freeze())}
        onAtEnd={(isAtEnd) => isAtEnd && void tail.loadOlder()}
      />
    </>
  );
}

function SlowestRequests({ q }: { readonly q: string }): VNode {
  const address = apiAddress('/api/requests', { q, sort: 'duration', limit: 500 });
  const { data, error } = useQuery<Page<RequestItem>>(address, versions.spans);
  return error === undefined ? <RequestRows items={data?.items ?? []} /> : <Problem error={error} />;
}

/** The requests of the query and of the selected route. */
export function RequestList(): VNode {
  const route = parameter('route');
  const sort = parameter('sort') || 'time';
  const query = parameter('q');
  const q = query !== '' && route !== '' ? `(${query}) ${route}` : query || route;
  return (
    <>
      <h2>
        {route === '' ? 'All requests' : firstLine(route.replaceAll(/\b(?:service|method|route)=/g, ''), 60)}
        <Segmented label="Order" name="sort" value={sort} options={sorts} />
      </h2>
      {sort === 'duration' ? <SlowestRequests key={q} q={q} /> : <NewestRequests key={q} q={q} />}
    </>
  );
}
