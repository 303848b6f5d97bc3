import type { VNode } from 'preact';
import { status } from '../api/live.ts';
import type { Command, Listener, Status } from '../api/session-types.ts';
import { announcement } from '../state/announcement.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatMegabytes } from '../format/number.ts';
import { formatTime } from '../format/time.ts';

function commandState({ state, exitCode, signal, restarts }: Command): string {
  const again = restarts > 0 ? `, restarted ${restarts} ×` : '';
  if (state === 'exited') return signal === null ? `exited with ${exitCode}` : `ended by ${signal}`;
  return `${state}${again}`;
}

function Port({
  name,
  listener,
}: {
  readonly name: string;
  readonly listener: Listener | null;
}): VNode | null {
  if (listener === null) return null;
  const isOther = listener.port !== listener.wanted && listener.takenBy !== null;
  return (
    <span title={isOther ? `Port ${listener.wanted} is taken by ${listener.takenBy}` : undefined}>
      {name} <b>{listener.port}</b>
      {isOther && <em> ({listener.wanted} is taken)</em>}
    </span>
  );
}

function Forward({ forward }: { readonly forward: Status['forward'] }): VNode | null {
  if (forward === null) return null;
  return (
    <span title={forward.lastError ?? forward.url}>
      forwarded <b>{formatCount(forward.sent)}</b>
      {forward.failed > 0 && <em>, {formatCount(forward.failed)} failed</em>}
    </span>
  );
}

/** Shows the contents and bounds of the store and the addresses of the receivers. */
export function Footer(): VNode {
  const known = status.value;
  if (known === undefined) return <footer role="contentinfo">connecting …</footer>;
  const { store, listeners, commands, forward } = known;
  return (
    <footer>
      <span>
        <b>{formatCount(store.services)}</b> {store.services === 1 ? 'service' : 'services'}
      </span>
      <span>
        <b>{formatCount(store.spans)}</b> spans
      </span>
      <span>
        <b>{formatCount(store.logs)}</b> log records
      </span>
      <span title="The oldest traces are removed first">
        kept{' '}
        <b>
          {formatMegabytes(store.bytes)} of {formatMegabytes(store.maxBytes)} MB
        </b>{' '}
        for <b>{formatDuration(store.maxAgeMs)}</b>
        {store.oldest !== null && `, oldest ${formatTime(store.oldest, 'minute')}`}
      </span>
      {commands.map((command) => (
        <span key={command.index} class="command" title={`${command.command}: ${commandState(command)}`}>
          {command.command.length > 40 ? `${command.command.slice(0, 40)}…` : command.command}{' '}
          <b>{commandState(command)}</b>
        </span>
      ))}
      <span class="announcement" role="status">
        {announcement.value}
      </span>
      <Forward forward={forward} />
      <span class="ports">
        <Port name="OTLP" listener={listeners.http} /> {listeners.grpc !== null && '· '}
        <Port name="gRPC" listener={listeners.grpc} />
      </span>
    </footer>
  );
}
