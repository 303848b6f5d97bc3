import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import type { LogRecord } from '../api/trace-types.ts';
import type { Resources } from '../api/request-types.ts';
import { AttributeList } from '../components/attribute-list.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { firstLine, LongText } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { Segmented } from '../components/segmented.tsx';
import { formatInstant, formatTime } from '../format/time.ts';
import { address, parameter, withParameters } from '../state/location.ts';
import { useQuery } from '../state/query.ts';

interface Context {
  readonly before: readonly LogRecord[];
  readonly item: LogRecord;
  readonly after: readonly LogRecord[];
  readonly resources: Resources;
}

const scopes = [
  ['instance', 'process'],
  ['service', 'service'],
  ['trace', 'trace'],
  ['all', 'all'],
] as const;

/** The records around one, without the filters of the view. */
function ContextLines({ context }: { readonly context: Context }): VNode {
  const { before, item, after } = context;
  return (
    <ol class="context">
      {[...before, item, ...after].map((log) => (
        <li key={log.id} class={log === item ? 'current' : undefined}>
          <a href={withParameters({ log: String(log.id) })} aria-current={log === item ? 'true' : undefined}>
            {formatTime(log.time)}
          </a>{' '}
          <span class={`level ${log.level ?? ''}`}>{log.level ?? '–'}</span> {firstLine(log.body, 200)}
        </li>
      ))}
    </ol>
  );
}

function Record({ log, resources }: { readonly log: LogRecord; readonly resources: Resources }): VNode {
  const resource = resources[String(log.resource)];
  const attributes = Object.keys(log.attributes).length;
  return (
    <div class="detail">
      <h3>
        <span class={`level ${log.level ?? ''}`}>{log.level ?? 'no level'}</span> {firstLine(log.logger, 100)}
        <small>{formatInstant(log.time)}</small>
      </h3>
      <pre class="log-body">
        <LongText
          text={log.bodyIsText === false ? JSON.stringify(log.bodyValue ?? log.body, null, 2) : log.body}
        />
      </pre>
      {log.event !== null && (
        <p class="note">
          event <code>{firstLine(log.event, 200)}</code>
        </p>
      )}
      <div class="actions">
        {log.traceId !== null && (
          <a class="button" href={address(['traces', log.traceId], { span: log.spanId ?? '' })}>
            Open the trace
          </a>
        )}
        {log.exception !== null && (
          <a class="button" href={address(['errors', log.exception.fingerprint])}>
            Open the error
          </a>
        )}
        <CopyButton title="Copy the record as JSON" text={() => JSON.stringify(log, null, 2)}>
          JSON
        </CopyButton>
      </div>
      {attributes > 0 && (
        <AttributeList attributes={log.attributes} dropped={log.droppedAttributes ?? 0} filterPrefix="" />
      )}
      {resource !== undefined && (
        <details>
          <summary>Resource: {firstLine(resource.service, 100)}</summary>
          <AttributeList attributes={resource.attributes} filterPrefix="resource." />
        </details>
      )}
    </div>
  );
}

/** One log record with its attributes, and what stands around it. */
export function LogDetails({ id }: { readonly id: string }): VNode {
  const scope = parameter('scope') || 'instance';
  const query = apiAddress(`/api/logs/${encodeURIComponent(id)}/context`, { scope, lines: 15 });
  const { data, error } = useQuery<Context>(query, undefined, { keep: true });
  return (
    <section class="details side" aria-label="Log record">
      <div class="actions close">
        <a class="button" href={withParameters({ log: null })} aria-label="Close">
          ×
        </a>
      </div>
      {error !== undefined && <Problem error={error} />}
      {data !== undefined && (
        <>
          <Record log={data.item} resources={data.resources} />
          <h2>
            Around it
            <Segmented label="Around it" name="scope" value={scope} options={scopes} />
          </h2>
          <ContextLines context={data} />
        </>
      )}
    </section>
  );
}
