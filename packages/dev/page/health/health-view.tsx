import type { VNode } from 'preact';
import { versions } from '../api/live.ts';
import type { Health } from '../api/service-types.ts';
import { EmptyState, HowToSend } from '../components/empty-state.tsx';
import { firstLine } from '../components/long-text.tsx';
import { Problem } from '../components/problem.tsx';
import { formatCount } from '../format/number.ts';
import { formatInstant } from '../format/time.ts';
import { useQuery } from '../state/query.ts';
import { InstancePanel } from './instance-panel.tsx';

function ReceiverTable({ receiver }: { readonly receiver: Health['receiver'] }): VNode {
  const protocols = [
    ['OTLP over HTTP', receiver.http],
    ['OTLP over gRPC', receiver.grpc],
  ] as const;
  return (
    <>
      <table aria-label="Receiver">
        <thead>
          <tr>
            <th scope="col">receiver</th>
            <th scope="col">requests</th>
            <th scope="col">errors</th>
            <th scope="col" class="left">
              last error
            </th>
          </tr>
        </thead>
        <tbody>
          {protocols.map(([name, health]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{formatCount(health.requests)}</td>
              <td class={health.errors > 0 ? 'error' : 'ok'}>{formatCount(health.errors)}</td>
              <td class="left">
                {health.lastError !== null &&
                  `${formatInstant(health.lastError.time)} ${firstLine(health.lastError.detail, 300)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        received {formatCount(receiver.received.spans)} spans, {formatCount(receiver.received.logs)} log
        records, {formatCount(receiver.received.points)} metric points; rejected{' '}
        {formatCount(receiver.rejected.spans)} spans, {formatCount(receiver.rejected.logs)} log records,{' '}
        {formatCount(receiver.rejected.points)} metric points
      </p>
    </>
  );
}

/** How the telemetry itself fares: what is instrumented, what waits, what was dropped. */
export function HealthView(): VNode {
  const { data, error } = useQuery<Health>('/api/health', versions.points, { keep: true });
  return (
    <main class="single" aria-label="Telemetry health" tabIndex={0}>
      <h2>Receiver</h2>
      {error !== undefined && <Problem error={error} />}
      {data !== undefined && <ReceiverTable receiver={data.receiver} />}
      <h2>Processes</h2>
      {data !== undefined && data.instances.length === 0 && (
        <EmptyState title="No process has sent anything yet">
          <HowToSend />
        </EmptyState>
      )}
      {data?.instances.slice(0, 50).map((instance) => (
        <InstancePanel key={`${instance.service} ${instance.instance}`} instance={instance} />
      ))}
    </main>
  );
}
