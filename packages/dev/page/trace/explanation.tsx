import type { ReadonlySignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Explanation, Finding, Trace } from '../api/trace-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatDuration } from '../format/duration.ts';
import { withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';

/** The explanation of a larger trace is asked for when its waterfall is not: both read every span. */
const maxSpans = 10_000;
const maxFindings = 12;

function FindingText({ finding }: { readonly finding: Finding }): VNode {
  const [spanId] = finding.spanIds;
  const text = firstLine(finding.text, 300);
  return spanId === undefined ? <>{text}</> : <a href={withParameters({ span: spanId })}>{text}</a>;
}

/** How long requests of the route take as a rule. */
function typicalText({ typicalMs, percentile }: Explanation['subject']): string {
  if (typicalMs === null || percentile === null) return '';
  return ` (typical is ${formatDuration(typicalMs)})`;
}

/** Where the time of a trace went, the largest part first. */
export function ExplanationList({
  trace,
  version,
}: {
  readonly trace: Trace;
  readonly version: ReadonlySignal<number>;
}): VNode | null {
  const isLarge = trace.spans.length > maxSpans;
  const address = isLarge ? undefined : `/api/explain?trace=${encodeURIComponent(trace.traceId)}`;
  const { data } = useQuery<Explanation>(address, version);
  // The exception's own box says more than its finding.
  const findings = data?.findings.filter(({ kind }) => kind !== 'error') ?? [];
  const [first, ...more] = findings;
  const isTrivial = trace.spans.length === 1 && first?.kind === 'slowSpan';
  if (data === undefined || first === undefined || isTrivial) return null;
  return (
    <details class="explanation">
      <summary>
        <b>Where {formatDuration(trace.durationMs)} went</b>
        {typicalText(data.subject)}: {firstLine(first.text, 300)}
      </summary>
      <ol>
        {[first, ...more].slice(0, maxFindings).map((finding) => (
          <li key={`${finding.kind} ${finding.spanIds[0]} ${finding.text}`}>
            <FindingText finding={finding} />
          </li>
        ))}
      </ol>
    </details>
  );
}
