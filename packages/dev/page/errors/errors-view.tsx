import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import type { ErrorGroup } from '../api/error-types.ts';
import type { Page } from '../api/request-types.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { RowTable } from '../components/row-table.tsx';
import { Segmented } from '../components/segmented.tsx';
import { Sparkline } from '../components/sparkline.tsx';
import { formatAge } from '../format/duration.ts';
import { formatCount } from '../format/number.ts';
import { address, parameter, path } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { ErrorDetails } from './error-details.tsx';

const sorts = [
  ['last', 'last seen'],
  ['count', 'most often'],
] as const;

/** The end of a path: its last two names. */
const shortFile = (file: string): string => file.split(/[/\\]/).slice(-2).join('/');

function culpritText({ culprit, routes }: ErrorGroup): string {
  if (culprit === null) return routes.join(', ');
  const place = culprit.file === null ? '' : `${shortFile(culprit.file)}:${culprit.line ?? ''}`;
  return [culprit.function, place].filter((text) => text !== null && text !== '').join(' ');
}

function GroupRow({
  group,
  isSelected,
}: {
  readonly group: ErrorGroup;
  readonly isSelected: boolean;
}): VNode {
  const parameters = { q: parameter('q'), sort: parameter('sort') };
  return (
    <tr class={isSelected ? 'selected' : undefined}>
      <td class="error-name">
        <a
          data-row
          href={address(['errors', group.fingerprint], parameters)}
          aria-current={isSelected ? 'true' : undefined}
        >
          <b>{firstLine(group.type, 80)}</b> {firstLine(group.message, 160)}
          <small>
            {group.handled ? '' : 'ended the process · '}
            {firstLine(group.services.join(', '), 80)} · {firstLine(culpritText(group), 120)}
          </small>
        </a>
      </td>
      <td>{formatCount(group.count)}</td>
      <td>{formatAge(group.lastSeen)}</td>
      <td>
        <Sparkline values={group.sparkline} />
      </td>
    </tr>
  );
}

/** Exceptions by fingerprint, beside the newest of the selected group. */
export function ErrorsView(): VNode {
  const [, fingerprint] = path.value;
  const sort = parameter('sort') || 'last';
  const query = apiAddress('/api/errors', { q: parameter('q'), sort, limit: 200 });
  const { data, error } = useQuery<Page<ErrorGroup>>(query, versions.exceptions, { keep: true });
  return (
    <main class="split">
      <section class="column scrolling" aria-label="Errors" tabIndex={0}>
        <h2>
          Errors
          <Segmented label="Order" name="sort" value={sort} options={sorts} />
        </h2>
        {error !== undefined && <Problem error={error} />}
        {data !== undefined && data.items.length === 0 && (
          <EmptyState title="No errors">
            <p>Exceptions that spans and log records report are grouped here by where they come from.</p>
          </EmptyState>
        )}
        {data !== undefined && data.items.length > 0 && (
          <RowTable label="Errors" columns={['error', 'count', 'last', 'in time']}>
            {data.items.map((group) => (
              <GroupRow
                key={group.fingerprint}
                group={group}
                isSelected={group.fingerprint === fingerprint}
              />
            ))}
          </RowTable>
        )}
      </section>
      <section class="details" aria-label="Error" tabIndex={0}>
        {fingerprint === undefined ? (
          <div class="empty">
            {data !== undefined && data.items.length > 0 && (
              <p>Choose an error to see where it comes from.</p>
            )}
          </div>
        ) : (
          <ErrorDetails key={fingerprint} fingerprint={fingerprint} />
        )}
      </section>
    </main>
  );
}
