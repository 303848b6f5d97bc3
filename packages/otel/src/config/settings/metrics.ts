import type { MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';

import type { OtlpProtocol } from '../../options.ts';
import { type Definitions, boolean, codeOnly, integer, custom, text, words } from '../setting.ts';
import { has, isObject, listOf, maxMs, protocol } from './validators.ts';
import { isHostPattern } from '@sonde/exporters';

type MetricExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

export interface MetricConfig {
  readonly 'metrics.exporter': readonly MetricExporterName[];
  readonly 'metrics.protocol': OtlpProtocol;
  readonly 'metrics.prometheus': boolean | object | undefined;
  readonly 'metrics.prometheus.port': number;
  readonly 'metrics.prometheus.host': string;
  readonly 'metrics.prometheus.allowedHosts': readonly string[];
  readonly 'metrics.intervalMs': number;
  readonly 'metrics.timeoutMs': number;
  readonly 'metrics.runtime': boolean;
  readonly 'metrics.views': readonly ViewOptions[] | undefined;
  readonly 'metrics.expireAfterMs': number | undefined;
  readonly 'metrics.metricReaders': readonly MetricReader[] | undefined;
}

function readHosts(value: string): readonly string[] | undefined {
  const hosts = value.split(',').map((each) => each.trim());
  return hosts.every(isHostPattern) ? hosts : undefined;
}

export const metricSettings: Definitions<MetricConfig> = {
  'metrics.exporter': words({
    words: ['otlp', 'prometheus', 'console', 'none'],
    env: 'OTEL_METRICS_EXPORTER',
    defaultValue: ['otlp'],
    description: 'Where metrics go; `metrics.prometheus` adds a page to scrape.',
  }),
  'metrics.protocol': protocol('METRICS'),
  'metrics.prometheus': codeOnly({
    allowed: 'true, false or an object of options',
    accepts: (value) => typeof value === 'boolean',
    description: 'Whether Prometheus finds a page to scrape; an object opens it too.',
  }),
  'metrics.prometheus.port': integer({
    min: 0,
    max: 65_535,
    env: 'OTEL_EXPORTER_PROMETHEUS_PORT',
    defaultValue: 9464,
    description: 'The port of the page; 0 takes a free one.',
  }),
  'metrics.prometheus.host': text({
    env: 'OTEL_EXPORTER_PROMETHEUS_HOST',
    defaultValue: 'localhost',
    description: 'The address that the page is served on.',
  }),
  'metrics.prometheus.allowedHosts': custom<readonly string[]>({
    env: 'SONDE_PROMETHEUS_ALLOWED_HOSTS',
    defaultValue: [],
    allowed:
      'a list of host names without port, "*.example.com" or "*", in the environment separated by commas',
    accepts: listOf(isHostPattern),
    read: readHosts,
    description:
      'Names by which the page may be reached beside loopback, its address and private names; others get 421.',
  }),
  'metrics.intervalMs': integer({
    min: 1,
    max: maxMs,
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    defaultValue: 60_000,
    description: 'Milliseconds between two exports of metrics.',
  }),
  'metrics.timeoutMs': integer({
    min: 1,
    max: maxMs,
    env: 'OTEL_METRIC_EXPORT_TIMEOUT',
    defaultValue: 30_000,
    description: 'Milliseconds that one export of metrics may take.',
  }),
  'metrics.runtime': boolean({
    defaultValue: true,
    description: 'Measures event loop, garbage collection and heap.',
  }),
  'metrics.views': codeOnly({
    allowed: 'an array of views',
    accepts: listOf(isObject),
    description: 'Views of the metrics SDK.',
  }),
  'metrics.expireAfterMs': integer({
    min: 1,
    max: maxMs,
    description:
      'Milliseconds after which a series is forgotten in which nothing was measured; with the lean engine alone.',
  }),
  'metrics.metricReaders': codeOnly({
    allowed: 'an array of metric readers',
    accepts: listOf(has('collect', 'forceFlush', 'shutdown')),
    description: 'Readers beside those that the other settings name.',
  }),
};
