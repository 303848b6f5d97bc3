import type { VNode } from 'preact';
import { formatCount } from '../format/number.ts';
import { parameter, withParameters } from '../state/location.ts';
import { termValue, withTerm } from '../state/query-terms.ts';

interface Facet {
  readonly value: string;
  readonly count: number;
}

/** `GET /api/logs/facets` */
export interface Facets {
  readonly levels: readonly Facet[];
  readonly loggers: readonly Facet[];
  readonly services: readonly Facet[];
  readonly events: readonly Facet[];
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const shownValues = 12;

function FacetList(props: {
  readonly title: string;
  readonly field: string;
  readonly values: readonly Facet[];
}): VNode | null {
  const { title, field, values } = props;
  const q = parameter('q');
  const chosen = termValue(q, field);
  if (values.length === 0 && chosen === '') return null;
  return (
    <>
      <h2 id={`facet-${field}`}>{title}</h2>
      <ul aria-labelledby={`facet-${field}`}>
        {values.slice(0, shownValues).map(({ value, count }) => {
          const isChosen = value === chosen;
          return (
            <li key={value}>
              <a
                href={withParameters({ q: withTerm(q, field, isChosen ? '' : value), log: null })}
                aria-current={isChosen ? 'true' : undefined}
                title={value.slice(0, 300)}
              >
                <span>{value.slice(0, 60)}</span>
                <small>{formatCount(count)}</small>
              </a>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** The least level that is shown. */
function LevelFilter({ counts }: { readonly counts: readonly Facet[] }): VNode {
  const q = parameter('q');
  const chosen = termValue(q, 'level');
  return (
    <>
      <h2 id="facet-level">Level, from</h2>
      <ul aria-labelledby="facet-level">
        {levels.map((level) => {
          const isChosen = level === chosen;
          const count = counts.find(({ value }) => value === level)?.count;
          return (
            <li key={level}>
              <a
                href={withParameters({ q: withTerm(q, 'level', isChosen ? '' : level, '>='), log: null })}
                aria-current={isChosen ? 'true' : undefined}
              >
                <span class={`level ${level}`}>{level}</span>
                <small>{count === undefined ? '' : formatCount(count)}</small>
              </a>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Filters by what the newest records have; each is a term of the query. */
export function LogFilters({ facets }: { readonly facets: Facets | undefined }): VNode {
  return (
    <aside class="filters" aria-label="Filters">
      <LevelFilter counts={facets?.levels ?? []} />
      <FacetList title="Logger" field="logger" values={facets?.loggers ?? []} />
      <FacetList title="Service" field="service" values={facets?.services ?? []} />
      <FacetList title="Event" field="event" values={facets?.events ?? []} />
    </aside>
  );
}
