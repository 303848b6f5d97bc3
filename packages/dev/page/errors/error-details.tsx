import type { VNode } from 'preact';
import { versions } from '../api/live.ts';
import type { ErrorGroupDetails } from '../api/error-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { formatPlural } from '../format/number.ts';
import { formatInstant } from '../format/time.ts';
import { address } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { ExceptionBox } from './exception-box.tsx';

function Occurrences({ group }: { readonly group: ErrorGroupDetails }): VNode {
  return (
    <table aria-label="Occurrences">
      <thead>
        <tr>
          <th scope="col">when</th>
          <th scope="col" class="left">
            service
          </th>
          <th scope="col" class="left">
            route
          </th>
          <th scope="col" class="left">
            message
          </th>
        </tr>
      </thead>
      <tbody>
        {group.occurrences.map(({ id, time, traceId, spanId, service, route, message }) => (
          <tr key={id}>
            <td>
              {traceId === null ? (
                formatInstant(time)
              ) : (
                <a href={address(['traces', traceId], { span: spanId ?? '' })}>{formatInstant(time)}</a>
              )}
            </td>
            <td class="left">{firstLine(service, 80)}</td>
            <td class="left">{firstLine(route ?? '', 100)}</td>
            <td class="left">{firstLine(message, 120)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A group of exceptions: the newest one, and where the others happened. */
export function ErrorDetails({ fingerprint }: { readonly fingerprint: string }): VNode {
  const query = `/api/errors/${encodeURIComponent(fingerprint)}?limit=50`;
  const { data, error } = useQuery<ErrorGroupDetails>(query, versions.exceptions);
  if (error !== undefined) return <Problem error={error} />;
  if (data === undefined) return <></>;
  return (
    <>
      <div class="trace-header">
        <h1>{firstLine(data.type, 200)}</h1>
        <div class="meta">
          <span>{formatPlural(data.count, 'time')}</span>
          <span>{formatPlural(data.traces, 'trace')}</span>
          <span>first {formatInstant(data.firstSeen)}</span>
          <span>last {formatInstant(data.lastSeen)}</span>
          {!data.handled && <span class="error">ended the process</span>}
        </div>
      </div>
      {data.exception !== null && <ExceptionBox exception={data.exception} />}
      <h2>Newest</h2>
      <Occurrences group={data} />
    </>
  );
}
