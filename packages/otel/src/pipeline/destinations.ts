import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { PrometheusExporter } from '@sonde/exporters';
import type { Config } from '../config/config.ts';
import { type Destination, probeEndpoint, type SignalDestinations } from '../diagnostics/start-up-line.ts';
import { toExporterList } from './exporter-list.ts';
import { otlpEndpoint } from '../config/otlp-environment.ts';

/** The name of an exporter in the start-up line; a class of the user's own goes by its name. */
function exporterName(choice: string | object): string {
  return typeof choice === 'string' ? choice : choice.constructor.name;
}

/** Where each signal goes by this configuration. An address that several share is told and tried once. */
export function describeDestinations(
  config: Pick<Config, 'traces' | 'metrics' | 'logs'>,
  prometheus: PrometheusExporter | undefined,
): SignalDestinations[] {
  const told = new Set<string>();
  const destination = (signal: 'traces' | 'logs' | 'metrics', choice: string | object): Destination => {
    if (choice !== 'otlp') return { name: exporterName(choice) };
    const url = otlpEndpoint(signal, config[signal].protocol);
    if (told.has(url.origin)) return { name: 'otlp' };
    told.add(url.origin);
    return { name: `otlp ${url.origin}`, probe: probeEndpoint(url) };
  };
  const ofChoices = (signal: 'traces' | 'logs', names: readonly (string | object)[]): Destination[] =>
    names.filter((choice) => choice !== 'none').map((choice) => destination(signal, choice));

  const logExporters = toExporterList<LogRecordExporter>(config.logs.exporter);
  const ownConsole = config.logs.console !== false && !logExporters.includes('console');
  const pushed = config.metrics.exporter.filter((name) => name !== 'none' && name !== 'prometheus');
  return [
    {
      signal: 'traces',
      destinations: ofChoices('traces', toExporterList<SpanExporter>(config.traces.exporter)),
    },
    {
      signal: 'metrics',
      destinations: [
        ...(prometheus === undefined ? [] : [prometheusDestination(prometheus)]),
        ...pushed.map((name) => destination('metrics', name)),
      ],
    },
    {
      signal: 'logs',
      destinations: [...(ownConsole ? [{ name: 'console' }] : []), ...ofChoices('logs', logExporters)],
    },
  ];
}

function prometheusDestination(prometheus: PrometheusExporter): Destination {
  const probe = prometheus
    .ready()
    .then((listening) => ('url' in listening ? listening.url : 'prometheus (off)'));
  return { name: '', probe };
}
