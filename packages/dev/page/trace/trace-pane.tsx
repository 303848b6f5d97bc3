import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { openRequests, status, touchedTraces, versions } from '../api/live.ts';
import type { Trace } from '../api/trace-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import { formatInstant } from '../format/time.ts';
import { address, parameter, withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { ExplanationList } from './explanation.tsx';
import { SpanDetailsPane } from './span-details.tsx';
import { TraceActions } from './trace-actions.tsx';
import { Waterfall } from './waterfall.tsx';
import { indexTrace } from './waterfall-rows.ts';

/** Grows when something of a trace arrives, or when its open spans change. */
function useTraceVersion(traceId: string): ReadonlySignal<number> {
  const version = useMemo(() => signal(0), [traceId]);
  useEffect(() => {
    const isOpen = computed(() => openRequests.value.items.some((item) => item.traceId === traceId));
    let isFirst = true;
    return effect(() => {
      void versions.spans.value;
      void versions.logs.value;
      const isUnderWay = isOpen.value && openRequests.value.count > 0;
      const touched = touchedTraces.value;
      if (isFirst) isFirst = false;
      else if (isUnderWay || touched === null || touched.includes(traceId))
        version.value = version.peek() + 1;
    });
  }, [traceId]);
  return version;
}

/** The span to show when none is chosen: where it failed first, or the root. */
function defaultSpanId(trace: Trace): string {
  const failed = trace.exceptions.find(({ spanId }) => spanId !== null)?.spanId;
  return failed ?? trace.spans[0]?.spanId ?? trace.open[0]?.spanId ?? '';
}

function TraceHeader({ trace }: { readonly trace: Trace }): VNode {
  const root = trace.spans[0];
  const isSlice = trace.more;
  const showLogs = parameter('records') === 'rows';
  return (
    <div class="trace-header">
      <TraceActions trace={trace} />
      <h1>
        {firstLine(root?.label || trace.name || 'trace', 200)} {trace.error && <span>error</span>}
      </h1>
      <div class="meta">
        <span>{formatDuration(trace.durationMs)}</span>
        <span>
          {formatPlural(trace.spans.length, 'span')} · {formatPlural(trace.services.length, 'service')}
        </span>
        {trace.logs.length > 0 && (
          <span>
            <a href={address(['logs'], { q: `trace=${trace.traceId}` })}>
              {formatPlural(trace.logs.length, 'log record')}
            </a>{' '}
            <a
              href={withParameters({ records: showLogs ? null : 'rows' })}
              aria-pressed={showLogs}
              role="button"
            >
              {showLogs ? 'as marks' : 'as rows'}
            </a>
          </span>
        )}
        {!trace.complete && <span class="warn">parts have not arrived</span>}
        {isSlice && <span class="warn">only the first {formatPlural(trace.spans.length, 'span')}</span>}
        <span title="Start">{formatInstant(trace.start)}</span>
        <code>{trace.traceId}</code>
      </div>
    </div>
  );
}

/** A trace: its waterfall, and the details of one span. */
export function TracePane({ traceId }: { readonly traceId: string }): VNode {
  const version = useTraceVersion(traceId);
  const { data: trace, error } = useQuery<Trace>(
    traceId === '' ? undefined : `/api/traces/${encodeURIComponent(traceId)}`,
    version,
  );
  const index = useMemo(() => (trace === undefined ? undefined : indexTrace(trace)), [trace]);
  const spanId = parameter('span') || (trace === undefined ? '' : defaultSpanId(trace));
  if (traceId === '') {
    const hasTraces = (status.value?.store.traces ?? 0) > 0;
    return (
      <section class="trace" aria-label="Trace">
        <div class="empty">
          {hasTraces && <p>Choose a request to see its trace. The keys j and k go through the list.</p>}
        </div>
      </section>
    );
  }
  return (
    <section class="trace" aria-label="Trace">
      {error !== undefined && trace === undefined && <Problem error={error} />}
      {index !== undefined && (
        <>
          <TraceHeader trace={index.trace} />
          <ExplanationList key={`why ${traceId}`} trace={index.trace} version={version} />
          <Waterfall key={traceId} index={index} spanId={spanId} />
          <SpanDetailsPane
            traceId={traceId}
            spanId={spanId}
            isOpen={!index.spans.has(spanId)}
            version={version}
          />
        </>
      )}
    </section>
  );
}
