import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { status, versions } from '../api/live.ts';
import type { Routes } from '../api/request-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { Problem } from '../components/problem.tsx';
import { Segmented } from '../components/segmented.tsx';
import { parameter } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { TracePane } from '../trace/trace-pane.tsx';
import { OpenRequestsTable } from './open-requests-table.tsx';
import { RequestList } from './request-list.tsx';
import { RouteTable } from './route-table.tsx';

const windows = [
  ['5m', '5 min'],
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['all', 'all'],
] as const;

/** Requests by route, those under way on top, and the trace of the selected one. */
export function RequestsView(): VNode {
  const q = parameter('q');
  const window = parameter('window') || '5m';
  const traceId = parameter('trace');
  const { data, error } = useQuery<Routes>(apiAddress('/api/routes', { q, window }), versions.spans, {
    keep: true,
  });
  const hasRequests = (status.value?.store.requests ?? 0) > 0;
  return (
    <main class="split">
      <section class="column" aria-label="Requests">
        <OpenRequestsTable />
        <h2>
          Routes
          <Segmented label="Time" name="window" value={window} options={windows} />
        </h2>
        {error !== undefined && <Problem error={error} />}
        {data !== undefined && data.items.length > 0 && <RouteTable data={data} />}
        {data !== undefined && data.items.length === 0 && (
          <EmptyState title={hasRequests ? 'No requests in this time' : 'No requests yet'}>
            {!hasRequests && <HowToSend />}
          </EmptyState>
        )}
        {hasRequests && <RequestList />}
      </section>
      <TracePane traceId={traceId} />
    </main>
  );
}
