import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { ProxyMeterProvider } from '../early-metrics/proxy-meter-provider.ts';

import { PrometheusExporter, type ServerStart } from './exporter.ts';
import type { PrometheusExporterOptions } from './options.ts';
import { NoticeBoard } from '@sonde/sdk';

/** A page that was started with one call. */
export interface MetricsEndpoint {
  /** Where the page is, or why it is not. Never rejects. */
  readonly ready: () => Promise<ServerStart>;
  /** Ends the page; a second call does nothing. */
  readonly close: () => Promise<void>;
}

/**
 * Serves what the process measures through the OpenTelemetry API, for those who know `start_http_server` of prometheus_client: it makes a
 * MeterProvider, registers it for the whole process, and opens the page. Where a provider is registered already, a notice says so: give that
 * one a `PrometheusExporter` instead.
 *
 * @throws SondeConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * startMetricsServer(8000);
 * metrics.getMeter('app').createCounter('jobs').add(1);
 * ```
 */
export function startMetricsServer(
  port: number,
  options: Omit<PrometheusExporterOptions, 'port'> = {},
): MetricsEndpoint {
  const exporter = new PrometheusExporter({ ...options, port });
  const { cardinalityLimit, onNotice } = options;
  const proxy = new ProxyMeterProvider({
    ...(cardinalityLimit === undefined ? {} : { cardinalityLimit }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
  const provider = new MeterProvider({ readers: [exporter] });
  proxy.setDelegate(provider);
  if (!metrics.setGlobalMeterProvider(proxy)) {
    new NoticeBoard(onNotice).report({
      code: 'SONDE_METER_PROVIDER_REGISTERED',
      message:
        'startMetricsServer shows nothing: another MeterProvider is registered. Give that one a PrometheusExporter as reader',
    });
  }
  let closed: Promise<void> | undefined;
  return {
    ready: () => exporter.ready(),
    close: () => {
      closed ??= provider.shutdown();
      return closed;
    },
  };
}
