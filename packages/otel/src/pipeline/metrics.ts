import type { Attributes } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, type MetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { ConsoleMetricExporter, PrometheusExporter } from '@sonde/exporters';

import type { MetricsConfig, RedactConfig } from '../config/config.ts';

import { type ExitHandle, exportNow } from '../shutdown/exit-handle.ts';
import { meterProvider } from '../api/meter-provider.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { countPoints, observeExporter } from '../diagnostics/observed-exporter.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { registerSdkMetrics } from '../diagnostics/sdk-metrics.ts';
import type { Stage } from '../sonde.ts';
import { state } from '../state.ts';
import { applicationApi } from './api-copy.ts';
import { isRegistered } from './other-sdk.ts';
import type { EngineName, MetricExporterName } from '../options.ts';
import { exporterName, type ExporterSelection, toExporterList } from './exporter-list.ts';
import { createOtlpMetricExporter, type OtlpDelivery, otlpDestination } from './otlp.ts';
import { PeriodicExportingMetricReader } from './periodic-exporting-metric-reader.ts';
import { collectNow, LeanMeterProvider, type LeanMeterProviderOptions } from '@sonde/sdk';

/** The meter provider, the Prometheus endpoint and the exit handle of metrics. */
export interface Metrics extends ExitHandle {
  readonly provider: Stage;
  /** The Prometheus endpoint; undefined if it is not enabled. */
  readonly prometheus: PrometheusExporter | undefined;
}

/** The settings and the delivery queue that the signals share. */
export interface MetricsContext {
  readonly engine: EngineName;
  readonly resource: Resource;
  readonly redact: RedactConfig;
  readonly delivery: OtlpDelivery;
}

/** Registers the meter provider of the engine. Without a reader, the API keeps its no-op provider. */
function registerMeterProvider(
  config: MetricsConfig,
  { engine, resource, redact }: MetricsContext,
  readers: MetricReader[],
): Stage {
  const { metrics } = applicationApi();
  const { restart } = state;
  const early = meterProvider();
  early.setExemplarFilter(config.exemplarFilter);
  const views = [...(config.views ?? [])];
  const redactor = createRedactor(redact);
  const cleanAttributes = redactor && ((attributes: Attributes) => redactor.attributes(attributes));
  if (engine === 'lean') {
    const options: LeanMeterProviderOptions = {
      resource,
      readers,
      views,
      expireAfterMs: config.expireAfterMs,
      exemplarFilter: config.exemplarFilter,
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
      // The provider is not shut down, because instruments created before the next start use it.
      shutdown: async () => void (await Promise.all(readers.map((reader) => reader.shutdown()))),
    };
  }
  const provider = new MeterProvider({ resource, readers, views: early.views(views) });
  early.setDelegate(provider, cleanAttributes);
  registerSdkMetrics(provider.getMeter('@sonde/otel'));
  if (readers.length > 0) metrics.setGlobalMeterProvider(early);
  return provider;
}

/**
 * Creates the pipeline of metrics and registers the meter provider, which connects earlier instruments. A measurement
 * passes, in this order:
 *
 * 1. the instrument, which rejects invalid values and updates a series; attributes are redacted when a series begins
 * 2. for each push exporter a periodic reader, which collects; the readers of the application; the Prometheus endpoint
 * 3. the observed exporter, which counts results and reports failures
 * 4. the exporter; the one for OTLP adds the request to the delivery queue
 */
export function startMetrics(config: MetricsConfig, context: MetricsContext): Metrics {
  const { resource } = context;
  const { intervalMs } = config;
  const timeoutMs = config.timeoutMs === 0 ? Infinity : Math.min(config.timeoutMs, intervalMs);
  const selections = toExporterList<MetricExporterName, PushMetricExporter>(config.exporter);
  const pushed: { readonly reader: PeriodicExportingMetricReader; readonly exporter: PushMetricExporter }[] =
    [];
  for (const selection of selections) {
    const created = createExporter(config, selection, context.delivery);
    if (created === undefined) continue;
    const exporter = observeExporter(created, {
      stats: deliveryStats.points,
      destination: selection === 'otlp' ? otlpDestination('metrics', config) : exporterName(selection),
      countItems: countPoints,
    });
    pushed.push({ exporter, reader: new PeriodicExportingMetricReader(exporter, { intervalMs, timeoutMs }) });
  }
  const { isEnabled, allowedHosts, ...endpoint } = config.prometheus;
  const isProtected = endpoint.tls !== undefined || endpoint.authentication !== undefined;
  // A protected endpoint allows any host, unless hosts are named.
  const prometheusOptions =
    allowedHosts.length === 0 && isProtected ? endpoint : { ...endpoint, allowedHosts };
  const isServed = isEnabled ?? selections.includes('prometheus');
  const prometheus = isServed
    ? new PrometheusExporter({
        ...withoutUndefined(prometheusOptions),
        onNotice: ({ code, message }) => warnOnce(code, 'metrics', message),
      })
    : undefined;
  const readers: MetricReader[] = [
    ...(config.metricReaders ?? []),
    ...pushed.map(({ reader }) => reader),
    ...(prometheus === undefined ? [] : [prometheus]),
  ];
  state.metricReaders = readers;
  return {
    provider: registerMeterProvider(config, context, readers),
    prometheus,
    drain: () => {
      for (const { reader, exporter } of pushed) {
        const scopeMetrics = collectNow(reader)?.filter((scoped) => scoped.metrics.length > 0) ?? [];
        if (scopeMetrics.length > 0) exportNow(exporter, { resource, scopeMetrics });
      }
    },
    abort: () => pushed.map(({ reader }) => reader.abort()).every(Boolean),
  };
}

/** Leaves out members without a value. */
function withoutUndefined<O extends object>(options: O): { [K in keyof O]: Exclude<O[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof O]: Exclude<O[K], undefined> };
}

function createExporter(
  config: MetricsConfig,
  selection: ExporterSelection<MetricExporterName, PushMetricExporter>,
  delivery: OtlpDelivery,
): PushMetricExporter | undefined {
  if (selection === 'none' || selection === 'prometheus') return undefined;
  if (selection === 'console') return new ConsoleMetricExporter();
  return selection === 'otlp' ? createOtlpMetricExporter(config.protocol, delivery) : selection;
}
