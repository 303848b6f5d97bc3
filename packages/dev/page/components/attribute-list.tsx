import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AttributeValue, Attributes } from '../api/request-types.ts';
import { quoteValue } from '../state/query-terms.ts';
import { address, path, withParameters } from '../state/location.ts';
import { formatCount } from '../format/number.ts';
import { LongText } from './long-text.tsx';

const pageSize = 100;
const redacted = /^\[?redacted\]?$|^\*{3,}$/i;

function valueText(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export interface AttributeListProps {
  readonly attributes: Attributes;
  /** How many the sender or the viewer dropped. */
  readonly dropped?: number;
  /** The field of the query language that holds these, so that a value can become a filter. */
  readonly filterPrefix?: string;
}

/** Attributes with their values, in the order in which they were sent. */
export function AttributeList({ attributes, dropped = 0, filterPrefix }: AttributeListProps): VNode {
  const [limit, setLimit] = useState(pageSize);
  const names = Object.keys(attributes);
  return (
    <>
      <dl class="attributes">
        {names.slice(0, limit).map((name) => {
          const value = attributes[name] ?? null;
          const text = valueText(value);
          return (
            <div key={name}>
              <dt title={name}>{name.length > 120 ? `${name.slice(0, 120)}…` : name}</dt>
              <dd class={redacted.test(text) ? 'faint' : undefined}>
                <LongText text={text} limit={1000} />
                {filterPrefix !== undefined && name.length < 200 && text.length < 200 && (
                  <FilterLink field={`${filterPrefix}${name}`} value={value} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {names.length > limit && (
        <button type="button" class="small" onClick={() => setLimit(limit * 4)}>
          show more of {formatCount(names.length)} attributes
        </button>
      )}
      {dropped > 0 && <p class="note">{formatCount(dropped)} attributes were dropped</p>}
    </>
  );
}

/** A link that adds `field=value` to the query. */
function FilterLink({
  field,
  value,
}: {
  readonly field: string;
  readonly value: AttributeValue;
}): VNode | null {
  if (value === null || typeof value === 'object') return null;
  const name = /^[\w./:-]+$/.test(field) ? field : `"${field.replaceAll(/["\\]/g, '\\$&')}"`;
  const term = `${name}=${quoteValue(String(value))}`;
  const [view = 'requests', item] = path.value;
  const href = item === undefined ? withParameters({ q: term }) : address([view], { q: term });
  return (
    <a class="filter" href={href} aria-label={`Filter by ${term}`} title={`Filter by ${term}`}>
      filter
    </a>
  );
}
