import type { ComponentChildren, VNode } from 'preact';
import { status } from '../api/live.ts';
import { parameter, withParameters } from '../state/location.ts';

/** Says why a view shows nothing, and what to run so that it does. */
export function EmptyState(props: { readonly title: string; readonly children?: ComponentChildren }): VNode {
  const isFiltered = parameter('q') !== '';
  return (
    <div class="empty">
      <h3>{isFiltered ? 'Nothing matches the query' : props.title}</h3>
      {isFiltered ? (
        <p>
          <a href={withParameters({ q: null })}>Remove the query</a>
        </p>
      ) : (
        props.children
      )}
    </div>
  );
}

/** How telemetry gets here. */
export function HowToSend(): VNode {
  const port = status.value?.listeners.http?.port ?? 4318;
  const isDefault = port === 4318;
  const commands = status.value?.commands ?? [];
  return (
    <>
      {commands.length > 0 ? (
        <p>
          <code>{commands[0]?.command}</code> runs. Send it a request, and it shows up here at once.
        </p>
      ) : (
        <>
          <p>Run a Node.js program under the viewer:</p>
          <pre>npx sonde dev -- node app.js</pre>
        </>
      )}
      <p>
        {isDefault
          ? 'Programs in other languages appear too: their OpenTelemetry SDK sends here by default.'
          : 'Programs in other languages appear too, with this endpoint for their OpenTelemetry SDK:'}
      </p>
      <pre>OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:{port}</pre>
    </>
  );
}
