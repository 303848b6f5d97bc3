import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { Page, TraceItem } from '../api/request-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { firstLine } from '../components/long-text.tsx';
import { NewItems } from '../components/new-items.tsx';
import { Problem } from '../components/problem.tsx';
import { Segmented } from '../components/segmented.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { navigate, parameter, path, withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { useTail } from '../state/tail.ts';
import { TracePane } from '../trace/trace-pane.tsx';

const sorts = [
  ['time', 'newest first'],
  ['duration', 'slowest first'],
] as const;

function TraceRow({ trace }: { readonly trace: TraceItem }): VNode {
  return (
    <>
      <span class="time">{formatTime(trace.start)}</span>
      <span class={trace.error ? 'status error' : 'status ok'}>
        {trace.statusCode ?? (trace.error ? 'error' : 'ok')}
      </span>
      <span class="name">
        {firstLine(trace.name, 200)}
        <small>{firstLine(trace.services.join(', '), 100)}</small>
      </span>
      <span class="figure">{formatDuration(trace.durationMs)}</span>
      <span class="figure wide">{formatPlural(trace.spans, 'span')}</span>
    </>
  );
}

interface RowsProps {
  readonly items: readonly TraceItem[];
  readonly onAtStart?: (isAtStart: boolean) => void;
  readonly onAtEnd?: (isAtEnd: boolean) => void;
}

function TraceRows({ items, ...ends }: RowsProps): VNode {
  const traceId = parameter('trace');
  return (
    <VirtualList
      label="Traces"
      class="requests"
      count={items.length}
      rowHeight={28}
      selected={traceId === '' ? -1 : items.findIndex((item) => item.traceId === traceId)}
      keyAt={(index) => items[index]?.id ?? index}
      renderRow={(index) => {
        const trace = items[index];
        return trace === undefined ? null : <TraceRow trace={trace} />;
      }}
      onSelect={(index) =>
        navigate(withParameters({ trace: items[index]?.traceId ?? null, span: null }), {
          replace: traceId !== '',
        })
      }
      {...ends}
    />
  );
}

function NewestTraces({ q }: { readonly q: string }): VNode {
  const tail = useTail<TraceItem>({ path: '/api/traces', q, topic: 'spans', overlap: 50 });
  const items = tail.items.value.toReversed();
  const error = tail.error.value;
  return (
    <>
      {error !== undefined && <Problem error={error} />}
      {tail.loaded.value && items.length === 0 && error === undefined && (
        <EmptyState title="No traces yet">
          <HowToSend />
        </EmptyState>
      )}
      <NewItems
        count={tail.waiting.value.length}
        onFollow={() => {
          tail.follow();
          document.querySelector('.virtual.requests')?.scrollTo(0, 0);
        }}
      />
      <TraceRows
        items={items}
        onAtStart={(isAtStart) => (isAtStart ? tail.follow() : tail.freeze())}
        onAtEnd={(isAtEnd) => isAtEnd && void tail.loadOlder()}
      />
    </>
  );
}

function SlowestTraces({ q }: { readonly q: string }): VNode {
  const address = apiAddress('/api/traces', { q, sort: 'duration', limit: 500 });
  const { data, error } = useQuery<Page<TraceItem>>(address, versions.spans);
  return error === undefined ? <TraceRows items={data?.items ?? []} /> : <Problem error={error} />;
}

/** All traces beside the selected one; a trace that the path names is alone on the page. */
export function TracesView(): VNode {
  const [, traceId] = path.value;
  if (traceId !== undefined) {
    return (
      <main class="alone">
        <TracePane traceId={traceId} />
      </main>
    );
  }
  const q = parameter('q');
  const sort = parameter('sort') || 'time';
  return (
    <main class="split">
      <section class="column" aria-label="Traces">
        <h2>
          Traces
          <Segmented label="Order" name="sort" value={sort} options={sorts} />
        </h2>
        {sort === 'duration' ? <SlowestTraces key={q} q={q} /> : <NewestTraces key={q} q={q} />}
      </section>
      <TracePane traceId={parameter('trace')} />
    </main>
  );
}
