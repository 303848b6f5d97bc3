import type { VNode } from 'preact';
import { getText } from '../api/client.ts';
import type { Trace } from '../api/trace-types.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { address, parameter } from '../state/location.ts';

/** Copies the trace in the forms in which it is handed on. */
export function TraceActions({ trace }: { readonly trace: Trace }): VNode {
  const { traceId, curl } = trace;
  const link = address(['traces', traceId], { span: parameter('span') });
  return (
    <div class="actions">
      {curl !== null && (
        <CopyButton title="Copy the request as a curl command" text={() => curl}>
          curl
        </CopyButton>
      )}
      <CopyButton title="Copy as Markdown" text={() => getText(`/api/traces/${traceId}/markdown`)}>
        Markdown
      </CopyButton>
      <CopyButton title="Copy as OTLP JSON" text={() => getText(`/api/traces/${traceId}/otlp`)}>
        JSON
      </CopyButton>
      <CopyButton title="Copy the address of this trace" text={() => location.origin + link}>
        Link
      </CopyButton>
      <a class="button" href={link} aria-label="Open the trace alone" title="Open the trace alone">
        ⤢
      </a>
    </div>
  );
}
