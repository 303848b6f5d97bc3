import type { PrometheusExporter } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import { type Destination, reachable, type Route } from '../report/start-up-line.ts';
import { otlpEndpoint } from './otlp.ts';

/** The name of an exporter in the start-up line; a class of the user's own goes by its name. */
function named(choice: string | object): string {
  return typeof choice === 'string' ? choice : choice.constructor.name;
}

/** Where each signal goes by this configuration. An address that several share is told and tried once. */
export function routes(config: Config, prometheus: PrometheusExporter | undefined): Route[] {
  const told = new Set<string>();
  const destination = (signal: 'traces' | 'logs' | 'metrics', choice: string | object): Destination => {
    if (choice !== 'otlp') return { name: named(choice) };
    const url = otlpEndpoint(signal, config[`${signal}.protocol`]);
    if (told.has(url.origin)) return { name: 'otlp' };
    told.add(url.origin);
    return { name: `otlp ${url.origin}`, probe: reachable(url) };
  };
  const destinations = (signal: 'traces' | 'logs' | 'metrics'): Destination[] =>
    [config[`${signal}.exporter`]]
      .flat()
      .filter((choice) => choice !== 'none' && choice !== 'prometheus')
      .map((choice) => destination(signal, choice as string | object));

  const page: Destination[] = prometheus === undefined ? [] : [pageDestination(prometheus)];
  const ownConsole =
    config['logs.console'] !== false && ![config['logs.exporter']].flat().includes('console' as never);
  return [
    { signal: 'traces', destinations: destinations('traces') },
    { signal: 'metrics', destinations: [...page, ...destinations('metrics')] },
    {
      signal: 'logs',
      destinations: [...(ownConsole ? [{ name: 'console' }] : []), ...destinations('logs')],
    },
  ];
}

function pageDestination(prometheus: PrometheusExporter): Destination {
  const probe = prometheus
    .ready()
    .then((listening) => ('url' in listening ? listening.url : 'prometheus (off)'));
  return { name: '', probe };
}
