import type { VNode } from 'preact';
import type { InstanceHealth } from '../api/service-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatAge } from '../format/duration.ts';
import { formatCount, formatMeasure, formatPlural } from '../format/number.ts';

function Findings({ findings }: { readonly findings: InstanceHealth['findings'] }): VNode {
  if (findings.length === 0) return <p class="ok">✓ nothing was dropped, nothing failed</p>;
  return (
    <ul class="findings">
      {findings.map(({ code, severity, text, fix }) => (
        <li key={code} class={severity === 'error' ? 'error' : 'warn'}>
          <b>{severity}</b> {text}
          {fix !== null && <small>{fix}</small>} <code>{code}</code>
        </li>
      ))}
    </ul>
  );
}

function queueText(instance: InstanceHealth, signal: 'spans' | 'logs'): string {
  const queue = instance.queue?.[signal];
  if (queue === undefined || queue === null || queue.size === null) return 'not reported';
  return `${formatCount(queue.size)}${queue.capacity === null ? '' : ` of ${formatCount(queue.capacity)}`}`;
}

const cell = (count: number | undefined): string => (count === undefined ? '' : formatCount(count));

function Flow({ instance }: { readonly instance: InstanceHealth }): VNode {
  const { exported, failed, dropped } = instance;
  const rows = [
    ['spans', exported?.spans, failed?.spans, dropped?.spans, queueText(instance, 'spans')],
    ['log records', exported?.logs, failed?.logs, dropped?.logs, queueText(instance, 'logs')],
    ['metric points', exported?.points, failed?.points, undefined, ''],
  ] as const;
  return (
    <table aria-label={`Export of ${firstLine(instance.service, 60)}`}>
      <thead>
        <tr>
          <th scope="col">signal</th>
          <th scope="col">exported</th>
          <th scope="col">failed</th>
          <th scope="col">dropped</th>
          <th scope="col">in the queue</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([signal, sent, failures, drops, queue]) => (
          <tr key={signal}>
            <td>{signal}</td>
            <td>{cell(sent)}</td>
            <td class={(failures ?? 0) > 0 ? 'error' : undefined}>{cell(failures)}</td>
            <td class={(drops ?? 0) > 0 ? 'error' : undefined}>{cell(drops)}</td>
            <td>{queue}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Scopes({ scopes }: { readonly scopes: InstanceHealth['scopes'] }): VNode {
  return (
    <table aria-label="Instrumentation">
      <thead>
        <tr>
          <th scope="col">instrumented by</th>
          <th scope="col">version</th>
          <th scope="col">spans</th>
          <th scope="col">log records</th>
          <th scope="col">instruments</th>
          <th scope="col">last</th>
        </tr>
      </thead>
      <tbody>
        {scopes.slice(0, 100).map((scope) => (
          <tr key={`${scope.name} ${scope.version}`}>
            <td>{firstLine(scope.name, 100) || '(no name)'}</td>
            <td>{firstLine(scope.version ?? '', 30)}</td>
            <td>{formatCount(scope.spans)}</td>
            <td>{formatCount(scope.logs)}</td>
            <td>{formatCount(scope.instruments)}</td>
            <td>{scope.lastSeen > 0 ? formatAge(scope.lastSeen) : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Packages({ packages }: { readonly packages: InstanceHealth['packages'] }): VNode | null {
  if (packages === null || packages.length === 0) return null;
  return (
    <table aria-label="Loaded packages">
      <thead>
        <tr>
          <th scope="col">loaded package</th>
          <th scope="col">version</th>
          <th scope="col" class="left">
            instrumentation
          </th>
        </tr>
      </thead>
      <tbody>
        {packages.slice(0, 100).map(({ name, version, instrumentation, isInstrumented }) => (
          <tr key={name}>
            <td>{name}</td>
            <td>{version ?? ''}</td>
            <td class={`left ${isInstrumented ? 'ok' : 'warn'}`}>
              {isInstrumented ? `✓ ${instrumentation}` : `none: npm install ${instrumentation}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SdkMetrics({ metrics }: { readonly metrics: InstanceHealth['metrics'] }): VNode | null {
  if (metrics.length === 0) return <p class="note">This SDK reports no metrics of its own (otel.sdk.*).</p>;
  return (
    <details>
      <summary>{formatPlural(metrics.length, 'metric')} of the SDK itself</summary>
      <table aria-label="Metrics of the SDK">
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col" class="left">
              attributes
            </th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {metrics.slice(0, 200).map(({ name, unit, attributes, value }) => (
            <tr key={`${name} ${JSON.stringify(attributes)}`}>
              <td>{name}</td>
              <td class="left">{firstLine(JSON.stringify(attributes), 160)}</td>
              <td>{formatMeasure(value, unit ?? '')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** The telemetry of one process. */
export function InstancePanel({ instance }: { readonly instance: InstanceHealth }): VNode {
  const { sdk } = instance;
  const engine = sdk.distro ?? [sdk.name, sdk.version].filter((part) => part !== null).join(' ');
  return (
    <section class="panel" aria-label={firstLine(`${instance.service} ${instance.instance}`, 120)}>
      <h3>
        {firstLine(instance.service, 100)}
        <small>
          {firstLine(instance.instance, 60)} · {firstLine(engine, 60)} · {firstLine(sdk.language ?? '', 30)} ·
          last {formatAge(instance.lastSeen)}
        </small>
      </h3>
      <Findings findings={instance.findings} />
      <div class="columns">
        <div>
          <Flow instance={instance} />
        </div>
        <div>
          <Scopes scopes={instance.scopes} />
        </div>
      </div>
      <Packages packages={instance.packages} />
      <SdkMetrics metrics={instance.metrics} />
    </section>
  );
}
