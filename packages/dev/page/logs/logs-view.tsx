import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { LogRecord } from '../api/trace-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { NewItems } from '../components/new-items.tsx';
import { Problem } from '../components/problem.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { addShortcuts } from '../state/keyboard.ts';
import { navigate, parameter, withParameters } from '../state/location.ts';
import { type Tail, useTail } from '../state/tail.ts';
import { LogDetails } from './log-details.tsx';
import { type Facets, LogFilters } from './log-filters.tsx';
import { LogRow } from './log-row.tsx';
import { LogHistogram } from './log-histogram.tsx';
import { useQuery } from '../state/query.ts';

const listClass = 'logs';

function scrollToEnd(): void {
  const list = document.querySelector(`.virtual.${listClass}`);
  list?.scrollTo(0, list.scrollHeight);
}

function LogList({ tail }: { readonly tail: Tail<LogRecord> }): VNode {
  // Senders export in batches of their own: records arrive later than others that are younger.
  const items = useMemo(
    () => tail.items.value.toSorted((a, b) => a.time - b.time || a.id - b.id),
    [tail.items.value],
  );
  const chosen = Number(parameter('log'));
  const isFrozen = tail.frozen.value;
  const select = (index: number): void =>
    navigate(withParameters({ log: String(items[index]?.id ?? '') }), { replace: true });
  return (
    <VirtualList
      label="Log records"
      class={listClass}
      count={items.length}
      rowHeight={22}
      selected={items.findIndex(({ id }) => id === chosen)}
      follow={!isFrozen}
      keyAt={(index) => items[index]?.id ?? index}
      rowProps={(index) => ({ class: `log-row ${items[index]?.level ?? ''}` })}
      renderRow={(index) => {
        const log = items[index];
        return log === undefined ? null : <LogRow log={log} />;
      }}
      onSelect={(index) => {
        tail.freeze();
        select(index);
      }}
      onAtEnd={(isAtEnd) => {
        if (!isAtEnd) tail.freeze();
        else if (parameter('log') === '') tail.follow();
      }}
      onAtStart={(isAtStart) => isAtStart && void tail.loadOlder()}
    />
  );
}

/** The tail of the log records. It stands still while something above its end is read. */
export function LogsView(): VNode {
  const q = parameter('q');
  const chosen = parameter('log');
  const tail = useTail<LogRecord>({ path: '/api/logs', q, topic: 'logs' });
  const facets = useQuery<Facets>(apiAddress('/api/logs/facets', { q }), versions.logs, { keep: true });
  const error = tail.error.value;
  const isEmpty = tail.loaded.value && tail.items.value.length === 0;
  useEffect(() => {
    if (chosen !== '') tail.freeze();
  }, [tail]);
  const follow = (): void => {
    navigate(withParameters({ log: null }), { replace: true });
    tail.follow();
    requestAnimationFrame(scrollToEnd);
  };
  useEffect(() => addShortcuts([{ keys: 'f', description: 'Follow the tail again', run: follow }]), [tail]);
  return (
    <main class="logs">
      <LogFilters facets={facets.data} />
      <section class="tail" aria-label="Log records">
        <LogHistogram q={q} />
        {error !== undefined && <Problem error={error} />}
        {isEmpty && error === undefined && (
          <EmptyState title="No log records yet">
            <HowToSend />
          </EmptyState>
        )}
        <LogList tail={tail} />
        {tail.frozen.value && (
          <div class="tail-state" role="status">
            <span>frozen while you read</span>
            <NewItems count={tail.waiting.value.length} onFollow={follow} />
            <button type="button" onClick={follow}>
              Follow <kbd>f</kbd>
            </button>
          </div>
        )}
      </section>
      {chosen !== '' && <LogDetails id={chosen} />}
    </main>
  );
}
