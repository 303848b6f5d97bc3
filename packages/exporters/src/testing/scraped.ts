import { once } from 'node:events';
import { createServer } from 'node:http';

import { MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';

import { ProxyMeterProvider } from '../early-metrics/proxy-meter-provider.ts';

import { PrometheusExporter } from '../prometheus/exporter.ts';
import type { PrometheusExporterOptions } from '../prometheus/options.ts';
import type { Notice } from '@sonde/sdk';

/** An exporter mounted in a server that counts scrapes. */
export interface Scraped extends AsyncDisposable {
  readonly target: string;
  readonly proxy: ProxyMeterProvider;
  readonly notices: readonly Notice[];
  /** Resolves when a scrape that began after this call is stored: the second one after it has begun. */
  readonly scrapedOnce: () => Promise<void>;
}

/** Serves metrics that pass through the proxy, with exemplars. */
export async function scrapeTarget(
  views: readonly ViewOptions[] = [],
  options: PrometheusExporterOptions = {},
): Promise<Scraped> {
  const notices: Notice[] = [];
  const onNotice = (notice: Notice): void => void notices.push(notice);
  const exporter = new PrometheusExporter({ preventServerStart: true, onNotice, ...options });
  const proxy = new ProxyMeterProvider({ onNotice });
  const provider = new MeterProvider({ readers: [exporter], views: proxy.views(views) });
  proxy.setDelegate(provider);
  const server = createServer(exporter.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return {
    target: `127.0.0.1:${address.port}`,
    proxy,
    notices,
    scrapedOnce: async () => {
      await once(server, 'request');
      await once(server, 'request');
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await provider.shutdown();
    },
  };
}
