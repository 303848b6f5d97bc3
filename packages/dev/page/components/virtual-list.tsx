import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

const overscan = 8;
/** The window moves by steps of some rows: most scroll events then change nothing. */
const stepRows = 4;

export interface VirtualListProps {
  readonly label: string;
  readonly count: number;
  readonly rowHeight: number;
  readonly role?: 'listbox' | 'tree';
  readonly class?: string;
  /** So many rows stay in sight however little room the panel has; 0 by default. */
  readonly leastRows?: number;
  /** The index of the selected row; -1 for none. */
  readonly selected: number;
  readonly keyAt: (index: number) => string | number;
  readonly renderRow: (index: number) => ComponentChildren;
  /**
   * Changes whenever rows do. While it stays the same, rows in sight are kept, and the elements of rows that leave the
   * window show the rows that enter it: scrolling creates no elements, so that there are none to collect.
   */
  readonly version?: unknown;
  /** More attributes of a row: its level, whether it is expanded. */
  readonly rowProps?: (index: number) => Readonly<Record<string, unknown>>;
  readonly onSelect: (index: number) => void;
  readonly onOpen?: (index: number) => void;
  /** Handles further keys. @returns whether it did */
  readonly onKey?: (key: string, index: number) => boolean;
  /** Stays at the last row while the list grows, until the user scrolls up. */
  readonly follow?: boolean;
  readonly onAtEnd?: (isAtEnd: boolean) => void;
  readonly onAtStart?: (isAtStart: boolean) => void;
}

/** The rows of the last rendering: Preact leaves a row alone that is the same object again. */
interface RowCache {
  readonly version: unknown;
  readonly rows: ReadonlyMap<string, VNode>;
  /** The first and the last index, and the index that has the first of the recycled elements. */
  readonly start: number;
  readonly end: number;
  readonly origin: number;
}

function moved(key: string, selected: number, count: number, page: number): number | undefined {
  const clamp = (index: number): number => Math.max(0, Math.min(count - 1, index));
  if (key === 'ArrowDown' || key === 'j') return clamp(selected + 1);
  if (key === 'ArrowUp' || key === 'k') return clamp(selected < 0 ? 0 : selected - 1);
  if (key === 'PageDown') return clamp(selected + page);
  if (key === 'PageUp') return clamp(selected - page);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
}

/** A list of any length whose rows are all of one height: only those in sight are in the document. */
export function VirtualList(props: VirtualListProps): VNode {
  const { count, rowHeight, selected, role = 'listbox', follow = false, leastRows = 0 } = props;
  const id = useId();
  const element = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  const [height, setHeight] = useState(600);
  const isAtEnd = useRef(true);
  const isAtStart = useRef(true);

  useLayoutEffect(() => {
    const list = element.current;
    if (list === null) return undefined;
    const observer = new ResizeObserver(() => setHeight(list.clientHeight));
    observer.observe(list);
    setHeight(list.clientHeight);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const list = element.current;
    if (list !== null && follow && isAtEnd.current) list.scrollTop = count * rowHeight;
  }, [count, follow, height]);

  const scrollTo = (index: number): void => {
    const list = element.current;
    if (list === null || index < 0) return;
    const top = index * rowHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + rowHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top + rowHeight - list.clientHeight;
    }
  };
  useEffect(() => scrollTo(selected), [selected]);

  const onScroll = (): void => {
    const list = element.current;
    if (list === null) return;
    setFirst(Math.max(0, Math.floor(list.scrollTop / rowHeight / stepRows) * stepRows));
    const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - rowHeight;
    const atStart = list.scrollTop < rowHeight;
    if (atEnd !== isAtEnd.current) props.onAtEnd?.(atEnd);
    if (atStart !== isAtStart.current) props.onAtStart?.(atStart);
    isAtEnd.current = atEnd;
    isAtStart.current = atStart;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target !== element.current) return;
    const next = moved(event.key, selected, count, Math.max(1, Math.floor(height / rowHeight) - 1));
    if (next !== undefined && count > 0) {
      props.onSelect(next);
      // The row may be selected already, and out of sight.
      scrollTo(next);
    } else if (event.key === 'Enter' && selected >= 0) (props.onOpen ?? props.onSelect)(selected);
    else if (selected < 0 || props.onKey?.(event.key, selected) !== true) return;
    event.preventDefault();
  };

  const start = Math.max(0, Math.min(first - overscan, count - 1));
  const windowRows = Math.ceil(height / rowHeight) + 2 * overscan + stepRows;
  const end = Math.min(count, start + windowRows);
  const latest = useRef(props);
  latest.current = props;
  const cache = useRef<RowCache>({ version: undefined, rows: new Map(), start: 0, end: 0, origin: 0 });
  const last = cache.current;
  const known = last.version === props.version ? last.rows : new Map<string, VNode>();
  const isRecycling = props.version !== undefined;
  // After a jump every element stays in its place; after a step only those of the rows that left move.
  const origin = start < last.end && end > last.start ? last.origin : start;
  const drawn = new Map<string, VNode>();
  for (let index = start; index < end; index += 1) {
    const isSelected = index === selected;
    const slot = (((index - origin) % windowRows) + windowRows) % windowRows;
    const name = `${slot} ${index} ${isSelected} ${props.keyAt(index)}`;
    const row = (isRecycling ? known.get(name) : undefined) ?? (
      <div
        key={isRecycling ? slot : props.keyAt(index)}
        id={`${id}-${index}`}
        role={role === 'tree' ? 'treeitem' : 'option'}
        aria-selected={isSelected}
        aria-setsize={role === 'tree' ? undefined : count}
        aria-posinset={role === 'tree' ? undefined : index + 1}
        style={{ height: `${rowHeight}px` }}
        onClick={() => latest.current.onSelect(index)}
        {...props.rowProps?.(index)}
      >
        {props.renderRow(index)}
      </div>
    );
    drawn.set(name, row);
  }
  cache.current = { version: props.version, rows: drawn, start, end, origin };
  const isSelectedInSight = selected >= start && selected < end;
  return (
    <div
      ref={element}
      class={`virtual ${props.class ?? ''}`}
      style={leastRows > 0 ? { minHeight: `${Math.min(count, leastRows) * rowHeight}px` } : undefined}
      role={role}
      aria-label={props.label}
      aria-activedescendant={isSelectedInSight ? `${id}-${selected}` : undefined}
      tabIndex={0}
      data-list
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onFocus={() => {
        if (selected < 0 && count > 0 && element.current?.matches(':focus-visible') === true) {
          props.onSelect(follow ? count - 1 : 0);
        }
      }}
    >
      <div role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div role="presentation" style={{ transform: `translateY(${start * rowHeight}px)` }}>
          {[...drawn.values()]}
        </div>
      </div>
    </div>
  );
}
