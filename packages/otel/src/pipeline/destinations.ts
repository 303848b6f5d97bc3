import type { PrometheusExporter } from '@sonde/exporters';
import type { Config } from '../config/config.ts';
import { probeEndpoint } from '../diagnostics/endpoint-probe.ts';
import type { Destination, SignalDestinations } from '../diagnostics/start-up-line.ts';
import { otlpEndpoint, reportUnsupportedProxy } from '../config/otlp-environment.ts';
import { exporterName, toExporterList } from './exporter-list.ts';
import type { Signal } from './other-sdk.ts';

/** Returns the destinations of each signal for the start-up line. A shared origin is shown and probed once. */
export function describeDestinations(
  config: Pick<Config, Signal>,
  prometheus: PrometheusExporter | undefined,
): SignalDestinations[] {
  const shown = new Set<string>();
  const describe = (signal: Signal): Destination[] =>
    toExporterList<string, object>(config[signal].exporter)
      .filter((selection) => selection !== 'none' && selection !== 'prometheus')
      .map((selection) => {
        if (selection !== 'otlp') return { name: exporterName(selection) };
        const { origin, location } = otlpEndpoint(signal, config[signal].protocol);
        if (shown.has(origin)) return { name: 'otlp' };
        shown.add(origin);
        if (location instanceof URL) reportUnsupportedProxy(location);
        return { name: `otlp ${origin}`, probe: probeEndpoint(location) };
      });
  const traces = describe('traces');
  const metrics = [
    ...(prometheus === undefined ? [] : [prometheusDestination(prometheus)]),
    ...describe('metrics'),
  ];
  const logs = describe('logs');
  const hasOwnConsole = config.logs.console !== false && !logs.some(({ name }) => name === 'console');
  return [
    { signal: 'traces', destinations: traces },
    { signal: 'metrics', destinations: metrics },
    { signal: 'logs', destinations: [...(hasOwnConsole ? [{ name: 'console' }] : []), ...logs] },
  ];
}

function prometheusDestination(prometheus: PrometheusExporter): Destination {
  if (!prometheus.startsServer) return { name: 'prometheus (mounted by the application)' };
  const probe = prometheus
    .ready()
    .then((listening) => ('url' in listening ? listening.url : 'prometheus (off)'));
  return { name: '', probe };
}
