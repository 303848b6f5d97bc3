import type { Attributes } from '@opentelemetry/api';
import { applicationApi } from './api-copy.ts';
import type { Resource } from '@opentelemetry/resources';
import {
  ConsoleMetricExporter,
  MeterProvider,
  type MetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { PrometheusExporter } from '@sonde/exporters';

import type { MetricsConfig, RedactConfig } from '../config/config.ts';
import type { EngineName } from '../options.ts';
import type { PendingExport, ExitHandle } from '../shutdown/exit-flush.ts';
import { meterProvider } from '../api/meter-provider.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { countPoints } from '../diagnostics/observed-exporter.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { registerSdkMetrics } from '../diagnostics/sdk-metrics.ts';
import type { Stage } from '../sonde.ts';
import { state } from '../state.ts';
import { isRegistered } from './other-sdk.ts';
import { abort } from './abort.ts';
import { createPendingExport } from '../shutdown/pending-export.ts';
import { otlpMetricExporter } from './otlp.ts';
import { PeriodicExportingMetricReader } from './periodic-exporting-metric-reader.ts';
import { collectNow, LeanMeterProvider, type LeanMeterProviderOptions } from '@sonde/sdk';

/** Metrics at work: their provider, and the page for Prometheus if there is one. */
export interface Metrics extends ExitHandle {
  readonly provider: Stage;
  readonly prometheus: PrometheusExporter | undefined;
}

/** What all signals share. */
export interface MetricsContext {
  readonly engine: EngineName;
  readonly resource: Resource;
  readonly redact: RedactConfig;
}

/** Whether Prometheus is to find a page: an option says so, else the environment. */
function servesPrometheus(config: MetricsConfig): boolean {
  return config.prometheus.isEnabled ?? config.exporter.includes('prometheus');
}

/** Registers the provider of an engine, behind which instruments go on that were made before. Without a reader nobody is to measure. */
function register(
  config: MetricsConfig,
  { engine, resource, redact }: MetricsContext,
  readers: MetricReader[],
): Stage {
  const { metrics } = applicationApi();
  const { restart } = state;
  const early = meterProvider();
  const views = [...(config.views ?? [])];
  const redactor = createRedactor(redact);
  const cleanAttributes = redactor && ((attributes: Attributes) => redactor.attributes(attributes));
  if (engine === 'lean') {
    const options: LeanMeterProviderOptions = {
      resource,
      readers,
      views,
      expireAfterMs: config.expireAfterMs,
      cleanAttributes,
      onNotice: ({ code, message }) => warnOnce(code, message, message),
    };
    restart.meterProvider?.restart(options);
    if (restart.meterProvider === undefined) {
      const provider = new LeanMeterProvider(options);
      restart.meterProvider = provider;
      early.setDelegate(provider);
      registerSdkMetrics(provider.getMeter('@sonde/otel'));
    }
    const provider = restart.meterProvider;
    if (readers.length > 0 && !isRegistered('metrics')) metrics.setGlobalMeterProvider(provider);
    return {
      forceFlush: () => provider.forceFlush(),
      // The provider itself goes on: instruments that are made before the next start belong to it.
      shutdown: async () => void (await Promise.all(readers.map((reader) => reader.shutdown()))),
    };
  }
  const provider = new MeterProvider({ resource, readers, views: early.views(views) });
  early.setDelegate(provider, cleanAttributes);
  registerSdkMetrics(provider.getMeter('@sonde/otel'));
  if (readers.length > 0) metrics.setGlobalMeterProvider(early);
  return provider;
}

/** Builds the meter provider and registers it, before anything asks for a meter. */
export function startMetrics(config: MetricsConfig, context: MetricsContext): Metrics {
  const timeoutMs = Math.min(config.timeoutMs, config.intervalMs);
  const periodic = (exporter: PushMetricExporter): MetricReader =>
    new PeriodicExportingMetricReader(exporter, { intervalMs: config.intervalMs, timeoutMs });
  const readers = [...(config.metricReaders ?? [])];
  const names = config.exporter;
  const otlp = names.includes('otlp') ? otlpMetricExporter(config.protocol, timeoutMs) : undefined;
  const otlpReader = otlp && periodic(otlp);
  if (otlpReader !== undefined) readers.push(otlpReader);
  if (names.includes('console')) readers.push(periodic(new ConsoleMetricExporter()));
  const prometheus = servesPrometheus(config)
    ? new PrometheusExporter({
        host: config.prometheus.host,
        port: config.prometheus.port,
        allowedHosts: config.prometheus.allowedHosts,
        onNotice: ({ code, message }) => warnOnce(code, 'metrics', message),
      })
    : undefined;
  if (prometheus !== undefined) readers.push(prometheus);

  const provider = register(config, context, readers);
  const takeLeftovers = (): readonly PendingExport[] => {
    const scopeMetrics = otlpReader && collectNow(otlpReader);
    if (otlp === undefined || scopeMetrics === undefined) return [];
    const collected = { resource: context.resource, scopeMetrics };
    return createPendingExport(deliveryStats.points, otlp, collected, countPoints(collected));
  };
  return { provider, prometheus, drain: takeLeftovers, abort: () => otlp === undefined || abort(otlp) };
}
