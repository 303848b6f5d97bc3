import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { ProxyMeterProvider } from '../early-metrics/proxy-meter-provider.ts';

import { PrometheusExporter, type ServerStart } from './exporter.ts';
import type { PrometheusExporterOptions } from './options.ts';
import { NoticeBoard } from '@sonde/sdk';

/** A running Prometheus endpoint. */
export interface MetricsEndpoint {
  /** Resolves with the URL of the endpoint or the error. Never rejects. */
  readonly ready: () => Promise<ServerStart>;
  /** Shuts the endpoint down; further calls have no effect. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the metrics recorded through the OpenTelemetry API, like `start_http_server` of Python's prometheus_client: creates a
 * MeterProvider, registers it globally, and starts a `PrometheusExporter`. If another provider is registered already, a
 * notice is reported: add a `PrometheusExporter` to that provider instead.
 *
 * @throws {SondeConfigError} if an option is unknown or invalid
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
        'startMetricsServer() has no metrics to serve: another MeterProvider is already registered; add a PrometheusExporter to its readers',
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
