import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import type { SpanDetails, SpanEvent } from '../api/trace-types.ts';
import { AttributeList } from '../components/attribute-list.tsx';
import { firstLine, LongText } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { ExceptionBox } from '../errors/exception-box.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatPlural } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { address } from '../state/location.ts';
import { useQuery } from '../state/query.ts';

function Part(props: {
  readonly title: string;
  readonly open?: boolean;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <details open={props.open ?? true}>
      <summary>{props.title}</summary>
      {props.children}
    </details>
  );
}

function Events({ events }: { readonly events: readonly SpanEvent[] }): VNode {
  return (
    <ul class="events">
      {events.slice(0, 200).map((event, position) => (
        <li key={position}>
          <span class="faint">+{formatDuration(event.offsetMs)}</span> <b>{firstLine(event.name, 200)}</b>
          {Object.keys(event.attributes).length > 0 && (
            <AttributeList attributes={event.attributes} dropped={event.droppedAttributes} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Logs({ logs }: { readonly logs: SpanDetails['logs'] }): VNode {
  return (
    <ul class="events">
      {logs.slice(0, 200).map((log) => (
        <li key={log.id}>
          <a href={address(['logs'], { log: String(log.id), q: `trace=${log.traceId ?? ''}` })}>
            {formatTime(log.time)}
          </a>{' '}
          <span class={`level ${log.level ?? ''}`}>{log.level}</span>{' '}
          <span class="faint">{firstLine(log.logger, 80)}</span> <LongText text={log.body} limit={300} />
        </li>
      ))}
    </ul>
  );
}

function Links({ details }: { readonly details: SpanDetails }): VNode {
  const { links } = details.span;
  return (
    <ul class="events">
      {links.slice(0, 200).map(({ traceId, spanId, known, attributes }) => (
        <li key={`${traceId} ${spanId}`}>
          to{' '}
          {known ? (
            <a href={address(['traces', traceId], { span: spanId })}>{traceId}</a>
          ) : (
            <code>{traceId} (not received)</code>
          )}
          {Object.keys(attributes).length > 0 && <AttributeList attributes={attributes} />}
        </li>
      ))}
      {details.links.slice(0, 200).map(({ traceId, spanId, name }) => (
        <li key={`${traceId} ${spanId}`}>
          from <a href={address(['traces', traceId], { span: spanId })}>{firstLine(name, 100)}</a>
        </li>
      ))}
    </ul>
  );
}

function Dropped({ span }: { readonly span: SpanDetails['span'] }): VNode | null {
  const counts = [
    span.droppedEvents > 0 ? formatPlural(span.droppedEvents, 'event') : '',
    span.droppedLinks > 0 ? formatPlural(span.droppedLinks, 'link') : '',
  ].filter((text) => text !== '');
  return counts.length === 0 ? null : <p class="note">{counts.join(' and ')} were dropped</p>;
}

function Details({ details }: { readonly details: SpanDetails }): VNode {
  const { span, resource, logs, exceptions } = details;
  const { scope } = span;
  const links = span.links.length + details.links.length;
  return (
    <>
      {exceptions.slice(0, 10).map((exception) => (
        <ExceptionBox key={exception.id} exception={exception} />
      ))}
      <div class="detail">
        <h3>
          {firstLine(span.name, 300)}
          <small>
            {span.kind} · {formatDuration(span.durationMs)} · {resource.service}
          </small>
        </h3>
        {span.statusMessage !== null && span.statusMessage !== '' && (
          <p class="error">
            <LongText text={span.statusMessage} />
          </p>
        )}
        <AttributeList attributes={span.attributes} dropped={span.droppedAttributes} filterPrefix="" />
        {logs.length > 0 && (
          <Part title={formatPlural(logs.length, 'log record')}>
            <Logs logs={logs} />
          </Part>
        )}
        {span.events.length > 0 && (
          <Part title={formatPlural(span.events.length, 'event')} open={exceptions.length === 0}>
            <Events events={span.events} />
          </Part>
        )}
        {links > 0 && (
          <Part title={formatPlural(links, 'link')}>
            <Links details={details} />
          </Part>
        )}
        <Dropped span={span} />
        <Part title={`Resource: ${firstLine(resource.service, 100)}`} open={false}>
          <AttributeList attributes={resource.attributes} filterPrefix="resource." />
        </Part>
        <Part title={`Scope: ${firstLine(scope.name, 100)} ${scope.version ?? ''}`} open={false}>
          <AttributeList
            attributes={{
              name: scope.name,
              version: scope.version,
              'span.id': span.spanId,
              ...scope.attributes,
            }}
          />
        </Part>
      </div>
    </>
  );
}

export interface SpanDetailsProps {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the span has not ended, so that there is nothing more to say of it. */
  readonly isOpen: boolean;
  readonly version: ReadonlySignal<number>;
}

/** All that is known of one span. */
export function SpanDetailsPane({ traceId, spanId, isOpen, version }: SpanDetailsProps): VNode {
  const query =
    spanId === '' || isOpen ? undefined : `/api/traces/${traceId}/spans/${encodeURIComponent(spanId)}`;
  const { data, error } = useQuery<SpanDetails>(query, version, { keep: true });
  return (
    <div class="details" role="region" aria-label="Span" tabIndex={0}>
      {error !== undefined && <Problem error={error} />}
      {isOpen && <p class="note">This span has not ended, or is not part of the trace.</p>}
      {data !== undefined && <Details details={data} />}
    </div>
  );
}
