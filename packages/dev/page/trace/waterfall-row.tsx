import type { VNode } from 'preact';
import type { TraceSpan } from '../api/trace-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCount } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import type { FoldRow, LogRow, Mark, OpenRow, SpanRow, TraceIndex, WaterfallRow } from './waterfall-rows.ts';

const maxIndent = 24;
const maxMarks = 60;

interface Bar {
  readonly left: number;
  readonly width: number;
}

function place(offsetMs: number, durationMs: number, totalMs: number): Bar {
  const left = Math.min(100, Math.max(0, (offsetMs / totalMs) * 100));
  return { left, width: Math.min(100 - left, Math.max(0, (durationMs / totalMs) * 100)) };
}

/** The token of a span's color. The words beside its name say the same. */
function colorToken({ kind, category, error }: Pick<TraceSpan, 'kind' | 'category' | 'error'>): string {
  if (category === 'db') return 'db';
  if (kind === 'server' || kind === 'consumer') return 'server';
  if (kind === 'client' || kind === 'producer') return 'client';
  return error ? 'err' : 'internal';
}

function BarLabel({ bar, text }: { readonly bar: Bar; readonly text: string }): VNode | null {
  const end = bar.left + bar.width;
  if (end <= 80)
    return (
      <span class="bar-label" style={{ left: `calc(${end}% + 5px)` }}>
        {text}
      </span>
    );
  if (bar.left >= 20)
    return (
      <span class="bar-label" style={{ right: `calc(${100 - bar.left}% + 5px)` }}>
        {text}
      </span>
    );
  return null;
}

function Marks({
  marks,
  index,
}: {
  readonly marks: readonly Mark[] | undefined;
  readonly index: TraceIndex;
}): VNode {
  return (
    <>
      {marks?.slice(0, maxMarks).map((mark, position) => {
        const isError = mark.level === 'error' || mark.level === 'fatal';
        const level = isError ? 'error' : mark.level === 'warn' ? 'warn' : 'info';
        const { left } = place(mark.time - index.trace.start, 0, index.durationMs);
        const title = `${formatTime(mark.time)} ${mark.level ?? ''} ${firstLine(mark.text, 200)}`;
        return <span key={position} class={`mark ${level}`} style={{ left: `${left}%` }} title={title} />;
      })}
    </>
  );
}

function Gaps({ spanId, index }: { readonly spanId: string; readonly index: TraceIndex }): VNode {
  return (
    <>
      {index.gaps
        .get(spanId)
        ?.slice(0, 20)
        .map((gap) => {
          const { left, width } = place(gap.start - index.trace.start, gap.durationMs, index.durationMs);
          return (
            <span
              key={gap.start}
              class="gap"
              style={{ left: `${left}%`, width: `${width}%` }}
              title={`${formatDuration(gap.durationMs)} without a span`}
            />
          );
        })}
    </>
  );
}

function notes(span: TraceSpan): string {
  const found = [
    span.error ? 'error' : '',
    span.cycle ? 'cycle of parents' : span.parentMissing ? 'parent not received' : '',
    span.duplicate ? 'duplicate id' : '',
    span.skewMs === 0 ? '' : `clock ${span.skewMs > 0 ? '+' : ''}${formatDuration(span.skewMs)}`,
  ];
  return found.filter((note) => note !== '').join(', ');
}

function SpanCells({ row, index }: { readonly row: SpanRow; readonly index: TraceIndex }): VNode {
  const { span } = row;
  const bar = place(span.offsetMs, span.durationMs, index.durationMs);
  const note = notes(span);
  const where = span.target !== null && span.kind === 'client' ? span.target : span.service;
  const duration = formatDuration(span.durationMs);
  return (
    <>
      <div class="cell">
        <Indent row={row} />
        {note !== '' && <em class={span.error ? 'error' : ''}>{span.error ? '! ' : ''}</em>}
        {firstLine(span.label || span.name, 200)} <small>{firstLine(where, 80)}</small>
        {note !== '' && note !== 'error' && <small class="warn">{note}</small>}
      </div>
      <div class="lane">
        <Gaps spanId={span.spanId} index={index} />
        <span
          class={`span-bar${span.critical ? ' critical' : ''}${span.error ? ' failed' : ''}`}
          style={{ '--c': `var(--${colorToken(span)})`, left: `${bar.left}%`, width: `${bar.width}%` }}
          title={`${firstLine(span.name, 200)}: ${duration}, itself ${formatDuration(span.selfMs)}${span.critical ? ', on the critical path' : ''}`}
        />
        <BarLabel bar={bar} text={duration} />
        {!span.duplicate && <Marks marks={index.marks.get(span.spanId)} index={index} />}
      </div>
    </>
  );
}

function FoldCells({ row, index }: { readonly row: FoldRow; readonly index: TraceIndex }): VNode {
  const { fold, first } = row;
  const bar = place(fold.start - index.trace.start, fold.end - fold.start, index.durationMs);
  return (
    <>
      <div class="cell">
        <Indent row={row} />
        <b class="fold">{formatCount(fold.count)} ×</b> {firstLine(fold.name, 200)}{' '}
        <small>{firstLine(first.target ?? first.service, 80)}</small>
      </div>
      <div class="lane">
        <span
          class={`span-bar folded${first.critical ? ' critical' : ''}`}
          style={{ '--c': `var(--${colorToken(first)})`, left: `${bar.left}%`, width: `${bar.width}%` }}
        />
        <BarLabel bar={bar} text={`${formatDuration(fold.totalMs)}${fold.inSeries ? ' in series' : ''}`} />
      </div>
    </>
  );
}

function LogCells({ row, index }: { readonly row: LogRow; readonly index: TraceIndex }): VNode {
  const { log } = row;
  const { left } = place(log.time - index.trace.start, 0, index.durationMs);
  const side = left <= 60 ? { left: `calc(${left}% + 6px)` } : { right: `calc(${100 - left}% + 6px)` };
  const level = log.level ?? 'info';
  return (
    <>
      <div class="cell log">
        <Indent row={row} />
        <span class={`level ${level}`}>{level}</span> <small>{firstLine(log.logger, 80)}</small>
      </div>
      <div class="lane">
        <span class={`mark ${level === 'fatal' ? 'error' : level}`} style={{ left: `${left}%` }} />
        <span class="bar-label text" style={side}>
          {firstLine(log.body, 200)}
        </span>
      </div>
    </>
  );
}

function OpenCells({ row, index }: { readonly row: OpenRow; readonly index: TraceIndex }): VNode {
  const { open } = row;
  const bar = place(open.start - index.trace.start, open.elapsedMs, index.durationMs);
  return (
    <>
      <div class="cell">
        <Indent row={row} />
        {firstLine(open.name, 200)} <small>{firstLine(open.service, 80)} · under way</small>
      </div>
      <div class="lane">
        <span class="span-bar open" style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />
        <BarLabel bar={bar} text={formatDuration(open.elapsedMs)} />
      </div>
    </>
  );
}

function Indent({ row }: { readonly row: WaterfallRow }): VNode {
  const expanded = row.type === 'span' || row.type === 'fold' ? row.isExpanded : undefined;
  return (
    <span
      class="indent"
      style={{ width: `${16 + Math.min(row.level, maxIndent) * 12}px` }}
      data-toggle={expanded !== undefined}
      aria-hidden="true"
    >
      {expanded === undefined ? '' : expanded ? '▾' : '▸'}
    </span>
  );
}

/** A row of the waterfall: its name, and its place in time. */
export function WaterfallCells({
  row,
  index,
}: {
  readonly row: WaterfallRow;
  readonly index: TraceIndex;
}): VNode {
  if (row.type === 'span') return <SpanCells row={row} index={index} />;
  if (row.type === 'fold') return <FoldCells row={row} index={index} />;
  if (row.type === 'log') return <LogCells row={row} index={index} />;
  return <OpenCells row={row} index={index} />;
}
