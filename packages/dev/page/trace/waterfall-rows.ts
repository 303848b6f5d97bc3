import type { Exception, Fold, LogRecord, OpenSpan, Trace, TraceSpan } from '../api/trace-types.ts';

interface Row {
  readonly key: string;
  readonly level: number;
}

export interface SpanRow extends Row {
  readonly type: 'span';
  readonly span: TraceSpan;
  readonly isExpanded: boolean | undefined;
}

export interface FoldRow extends Row {
  readonly type: 'fold';
  readonly fold: Fold;
  readonly first: TraceSpan;
  readonly isExpanded: boolean;
}

export interface LogRow extends Row {
  readonly type: 'log';
  readonly log: LogRecord;
}

export interface OpenRow extends Row {
  readonly type: 'open';
  readonly open: OpenSpan;
}

export type WaterfallRow = SpanRow | FoldRow | LogRow | OpenRow;

/** A log record, event or exception at an instant of a span. */
export interface Mark {
  readonly time: number;
  readonly level: string | null;
  readonly text: string;
}

/** A trace, and what rows look up in it. */
export interface TraceIndex {
  readonly trace: Trace;
  readonly durationMs: number;
  readonly spans: ReadonlyMap<string, TraceSpan>;
  readonly folds: ReadonlyMap<number, Fold>;
  readonly logs: ReadonlyMap<string, readonly LogRecord[]>;
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  readonly gaps: ReadonlyMap<string, Trace['gaps']>;
}

function group<T>(items: readonly T[], groupKey: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = groupKey(item) ?? '';
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [item]);
    else known.push(item);
  }
  return groups;
}

function logMark({ time, level, body }: LogRecord): Mark {
  return { time, level, text: body };
}

function exceptionMark({ time, type, message }: Exception): Mark {
  return { time, level: 'error', text: `${type}: ${message}` };
}

/** Prepares a trace for its rows, in one pass over each of its lists. */
export function indexTrace(trace: Trace): TraceIndex {
  const spans = new Map<string, TraceSpan>();
  for (const span of trace.spans)
    if (!span.duplicate || !spans.has(span.spanId)) spans.set(span.spanId, span);
  const logs = group(trace.logs, ({ spanId }) => spanId);
  const marks = new Map<string, Mark[]>();
  for (const [spanId, records] of logs) marks.set(spanId, records.map(logMark));
  for (const [spanId, exceptions] of group(trace.exceptions, ({ spanId: id }) => id)) {
    marks.set(spanId, [...(marks.get(spanId) ?? []), ...exceptions.map(exceptionMark)]);
  }
  const openMs = trace.open.map((open) => open.start - trace.start + open.elapsedMs);
  return {
    trace,
    durationMs: Math.max(trace.durationMs, ...openMs.slice(0, 1000), 0.001),
    spans,
    folds: new Map(trace.folds.map((fold) => [fold.id, fold])),
    logs,
    marks,
    gaps: group(trace.gaps, ({ spanId }) => spanId),
  };
}

export interface Unfolded {
  /** Keys of rows whose children are hidden. */
  readonly closed: ReadonlySet<string>;
  /** Folds whose spans are shown one by one. */
  readonly openFolds: ReadonlySet<number>;
  readonly showLogs: boolean;
}

const maxLogRowsPerSpan = 200;

/** The rows of the waterfall from top to bottom. */
export function buildRows(index: TraceIndex, { closed, openFolds, showLogs }: Unfolded): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const { spans } = index.trace;
  const seenFolds = new Set<number>();
  let hiddenBelow = Infinity;
  spans.forEach((span, position) => {
    if (span.depth > hiddenBelow) return;
    hiddenBelow = Infinity;
    const fold = span.fold === null ? undefined : index.folds.get(span.fold);
    const isInFold = fold !== undefined;
    if (fold !== undefined) {
      const isExpanded = openFolds.has(fold.id);
      if (!seenFolds.has(fold.id)) {
        seenFolds.add(fold.id);
        rows.push({ type: 'fold', key: `fold ${fold.id}`, level: span.depth, fold, first: span, isExpanded });
      }
      if (!isExpanded) {
        hiddenBelow = span.depth;
        return;
      }
    }
    const key = `span ${span.id}`;
    const hasChildren = (spans[position + 1]?.depth ?? -1) > span.depth;
    const isClosed = closed.has(key);
    const level = span.depth + (isInFold ? 1 : 0);
    rows.push({ type: 'span', key, level, span, isExpanded: hasChildren ? !isClosed : undefined });
    if (showLogs && !span.duplicate) {
      for (const log of index.logs.get(span.spanId)?.slice(0, maxLogRowsPerSpan) ?? []) {
        rows.push({ type: 'log', key: `log ${log.id}`, level: level + 1, log });
      }
    }
    if (isClosed) hiddenBelow = span.depth;
  });
  for (const open of index.trace.open) {
    rows.push({ type: 'open', key: `open ${open.spanId}`, level: 0, open });
  }
  return rows;
}
