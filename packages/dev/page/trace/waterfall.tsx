import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { VirtualList } from '../components/virtual-list.tsx';
import { navigate, parameter, withParameters } from '../state/location.ts';
import { TimeAxis } from './time-axis.tsx';
import { RuntimeLanes } from './runtime-lanes.tsx';
import { WaterfallCells } from './waterfall-row.tsx';
import { buildRows, type TraceIndex, type WaterfallRow } from './waterfall-rows.ts';

const rowHeight = 26;

function spanIdAt(row: WaterfallRow): string | null {
  if (row.type === 'span') return row.span.spanId;
  if (row.type === 'fold') return row.first.spanId;
  return row.type === 'log' ? row.log.spanId : row.open.spanId;
}

function toggled<T>(set: ReadonlySet<T>, item: T): Set<T> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}

export interface WaterfallProps {
  readonly index: TraceIndex;
  /** The span whose details are shown. */
  readonly spanId: string;
}

/** The spans of a trace in time, with what ran beside them. */
export function Waterfall({ index, spanId }: WaterfallProps): VNode {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [openFolds, setOpenFolds] = useState<ReadonlySet<number>>(new Set());
  // A fold is one row of its own: it is remembered apart from the span whose details it shows.
  const [selectedKey, setSelectedKey] = useState('');
  const showLogs = parameter('records') === 'rows';
  const rows = useMemo(
    () => buildRows(index, { closed, openFolds, showLogs }),
    [index, closed, openFolds, showLogs],
  );
  const byKey = rows.findIndex(({ key }) => key === selectedKey);
  const byKeyRow = rows[byKey];
  const isSame = byKeyRow !== undefined && spanIdAt(byKeyRow) === spanId;
  const selected = isSame ? byKey : rows.findIndex((row) => row.type !== 'log' && spanIdAt(row) === spanId);

  const toggle = (row: WaterfallRow | undefined, wanted?: boolean): boolean => {
    if (row === undefined || row.type === 'log' || row.type === 'open') return false;
    if (row.isExpanded === undefined || row.isExpanded === wanted) return false;
    if (row.type === 'fold') setOpenFolds(toggled(openFolds, row.fold.id));
    else setClosed(toggled(closed, row.key));
    return true;
  };
  const select = (position: number): void => {
    const row = rows[position];
    if (row === undefined) return;
    setSelectedKey(row.key);
    navigate(withParameters({ span: spanIdAt(row) }), { replace: true });
  };
  const onKey = (key: string, position: number): boolean => {
    const row = rows[position];
    if (key === 'ArrowRight' || key === 'l') return toggle(row, true);
    if (key === 'ArrowLeft' || key === 'h') {
      if (toggle(row, false) || row === undefined) return true;
      const parent = rows.findLastIndex((other, at) => at < position && other.level < row.level);
      if (parent >= 0) select(parent);
      return true;
    }
    return false;
  };

  return (
    <>
      <TimeAxis durationMs={index.durationMs} />
      <VirtualList
        label="Waterfall"
        role="tree"
        class="waterfall"
        count={rows.length}
        version={rows}
        leastRows={8}
        rowHeight={rowHeight}
        selected={selected}
        keyAt={(position) => rows[position]?.key ?? position}
        rowProps={(position) => {
          const row = rows[position];
          return {
            'aria-level': (row?.level ?? 0) + 1,
            'aria-expanded': row?.type === 'span' || row?.type === 'fold' ? row.isExpanded : undefined,
            class: `row ${row?.type ?? ''}`,
            onClick: (event: MouseEvent) => {
              select(position);
              if (event.target instanceof Element && event.target.matches('[data-toggle=true]')) toggle(row);
            },
            onDblClick: () => toggle(row),
          };
        }}
        renderRow={(position) => {
          const row = rows[position];
          return row === undefined ? null : <WaterfallCells row={row} index={index} />;
        }}
        onSelect={select}
        onOpen={(position) => toggle(rows[position])}
        onKey={onKey}
      />
      <RuntimeLanes index={index} />
    </>
  );
}
