import { MeterProvider, type MeterProviderOptions } from '@opentelemetry/sdk-metrics';
import { emptyResource } from '@opentelemetry/resources';

import { PrometheusExporter } from '../prometheus/exporter.ts';
import type { PrometheusExporterOptions } from '../prometheus/options.ts';
import type { Notice } from '@sonde/sdk';

/** The Accept header of a Prometheus server that prefers OpenMetrics. */
export const openMetricsAccept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

/** A provider with an exporter on a free port, and the notices it reported. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly provider: MeterProvider;
  readonly exporter: PrometheusExporter;
  readonly notices: readonly Notice[];
  readonly scrape: (accept?: string) => Promise<string>;
}

/** Starts an exporter for tests; `await using` closes it. */
export async function serve(
  options: PrometheusExporterOptions = {},
  providerOptions: MeterProviderOptions = { resource: emptyResource() },
): Promise<Served> {
  const notices: Notice[] = [];
  const onNotice = (notice: Notice): void => void notices.push(notice);
  const exporter = new PrometheusExporter({ port: 0, onNotice, ...options });
  const provider = new MeterProvider({ ...providerOptions, readers: [exporter] });
  const start = await exporter.ready();
  if ('error' in start) throw start.error;
  const { url } = start;
  return {
    url,
    provider,
    exporter,
    notices,
    scrape: async (accept = 'text/plain') => {
      const response = await fetch(url, { headers: { accept } });
      return response.text();
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}
