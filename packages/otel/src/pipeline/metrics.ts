import { metrics, type MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  ConsoleMetricExporter,
  MeterProvider,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { collectNow, PrometheusExporter } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import type { Leftover } from '../exit/last-export.ts';
import { LeanMeterProvider } from '../engine/metrics/meter-provider.ts';
import { meterProvider } from '../metrics/meter-provider.ts';
import { notice } from '../report/notice.ts';
import { observeFlows } from '../report/self-metrics.ts';
import type { Stage } from '../sonde.ts';
import { otlpMetrics } from './leftovers.ts';
import { otlpMetricExporter } from './otlp.ts';

/** Metrics at work: their provider, and the page for Prometheus if there is one. */
export interface Metrics {
  readonly provider: Stage;
  readonly prometheus: PrometheusExporter | undefined;
  /** Collects what has not left yet. */
  readonly takeLeftovers: () => readonly Leftover[];
}

/** Whether Prometheus is to find a page: an option says so, else the environment. */
function wantsPage(config: Config): boolean {
  const option = config['metrics.prometheus'];
  return option === undefined ? config['metrics.exporter'].includes('prometheus') : option !== false;
}

/** Registers the provider of an engine, behind which instruments go on that were made before. */
function register(config: Config, resource: Resource, readers: MetricReader[]): ApiMeterProvider & Stage {
  const early = meterProvider();
  const views = [...(config['metrics.views'] ?? [])];
  if (config.engine === 'lean') {
    const provider = new LeanMeterProvider({
      resource,
      readers,
      views,
      expireAfterMs: config['metrics.expireAfterMs'],
      onNotice: ({ code, message }) => notice(code, message, message),
    });
    early.setDelegate(provider);
    metrics.setGlobalMeterProvider(provider);
    return provider;
  }
  const provider = new MeterProvider({ resource, readers, views: early.views(views) });
  early.setDelegate(provider);
  metrics.setGlobalMeterProvider(early);
  return provider;
}

/** Builds the meter provider and registers it, before anything asks for a meter. */
export function startMetrics(config: Config, resource: Resource): Metrics {
  const timeoutMs = Math.min(config['metrics.timeoutMillis'], config['metrics.intervalMillis']);
  const periodic = (exporter: PushMetricExporter): MetricReader =>
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: config['metrics.intervalMillis'],
      exportTimeoutMillis: timeoutMs,
    });
  const readers = [...(config['metrics.metricReaders'] ?? [])];
  const names = config['metrics.exporter'];
  const otlpReader = names.includes('otlp')
    ? periodic(otlpMetricExporter(config['metrics.protocol'], timeoutMs))
    : undefined;
  if (otlpReader !== undefined) readers.push(otlpReader);
  if (names.includes('console')) readers.push(periodic(new ConsoleMetricExporter()));
  const prometheus = wantsPage(config)
    ? new PrometheusExporter({
        host: config['metrics.prometheus.host'],
        port: config['metrics.prometheus.port'],
        onNotice: ({ code, message }) => notice(code, 'metrics', message),
      })
    : undefined;
  if (prometheus !== undefined) readers.push(prometheus);

  const provider = register(config, resource, readers);
  observeFlows(provider.getMeter('@sonde/otel'));
  const takeLeftovers = (): readonly Leftover[] => {
    const collected = otlpReader === undefined ? undefined : collectNow(otlpReader);
    return collected === undefined
      ? []
      : otlpMetrics(config['metrics.protocol'], { resource, scopeMetrics: collected });
  };
  return { provider, prometheus, takeLeftovers };
}
