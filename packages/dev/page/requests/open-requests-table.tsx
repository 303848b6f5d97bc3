import type { VNode } from 'preact';
import { openRequests } from '../api/live.ts';
import type { OpenRequest } from '../api/session-types.ts';
import { withParameters } from '../state/location.ts';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';

const shownRows = 8;

function OpenRow({ request }: { readonly request: OpenRequest }): VNode {
  return (
    <tr>
      <td>
        <a data-row href={withParameters({ trace: request.traceId, span: null })}>
          <span class="method">{request.method ?? ''}</span>
          {(request.path ?? request.route ?? request.name).slice(0, 200)}
        </a>
      </td>
      <td>{request.service}</td>
      <td>{formatPlural(request.spans, 'span')}</td>
      <td>{formatDuration(request.elapsedMs)}</td>
      <td class="progress">
        <span class="bar" />
      </td>
    </tr>
  );
}

/** The requests that have started and not ended. */
export function OpenRequestsTable(): VNode | null {
  const { count, items } = openRequests.value;
  if (count === 0) return null;
  return (
    <>
      <h2>
        Under way <span class="count">{count}</span>
      </h2>
      <table class="under-way" aria-label="Requests under way">
        <tbody>
          {items.slice(0, shownRows).map((request) => (
            <OpenRow key={request.spanId} request={request} />
          ))}
        </tbody>
      </table>
      {items.length > shownRows && <p class="note">and {count - shownRows} more</p>}
    </>
  );
}
