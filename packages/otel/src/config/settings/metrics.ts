import type { MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';

import type { OtlpProtocol } from '../../options.ts';
import { type Definitions, flag, given, integer, notation, text, words } from '../setting.ts';
import { has, isObject, listOf, maxMs, protocol } from './shapes.ts';
import { isHostPattern } from '@sonde/exporters';

type MetricExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

export interface MetricConfig {
  readonly 'metrics.exporter': readonly MetricExporterName[];
  readonly 'metrics.protocol': OtlpProtocol;
  readonly 'metrics.prometheus': boolean | object | undefined;
  readonly 'metrics.prometheus.port': number;
  readonly 'metrics.prometheus.host': string;
  readonly 'metrics.prometheus.allowedHosts': readonly string[];
  readonly 'metrics.intervalMillis': number;
  readonly 'metrics.timeoutMillis': number;
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
    fallback: ['otlp'],
    what: 'Where metrics go; `metrics.prometheus` adds a page to scrape.',
  }),
  'metrics.protocol': protocol('METRICS'),
  'metrics.prometheus': given({
    allowed: 'true, false or an object of options',
    accepts: (value) => typeof value === 'boolean',
    what: 'Whether Prometheus finds a page to scrape; an object opens it too.',
  }),
  'metrics.prometheus.port': integer({
    min: 0,
    max: 65_535,
    env: 'OTEL_EXPORTER_PROMETHEUS_PORT',
    fallback: 9464,
    what: 'The port of the page; 0 takes a free one.',
  }),
  'metrics.prometheus.host': text({
    env: 'OTEL_EXPORTER_PROMETHEUS_HOST',
    fallback: 'localhost',
    what: 'The address that the page is served on.',
  }),
  'metrics.prometheus.allowedHosts': notation<readonly string[]>({
    env: 'SONDE_PROMETHEUS_ALLOWED_HOSTS',
    fallback: [],
    allowed:
      'a list of host names without port, "*.example.com" or "*", in the environment separated by commas',
    accepts: listOf(isHostPattern),
    read: readHosts,
    what: 'Names by which the page may be reached beside loopback, its address and private names; others get 421.',
  }),
  'metrics.intervalMillis': integer({
    min: 1,
    max: maxMs,
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    fallback: 60_000,
    what: 'Milliseconds between two exports of metrics.',
  }),
  'metrics.timeoutMillis': integer({
    min: 1,
    max: maxMs,
    env: 'OTEL_METRIC_EXPORT_TIMEOUT',
    fallback: 30_000,
    what: 'Milliseconds that one export of metrics may take.',
  }),
  'metrics.runtime': flag({ fallback: true, what: 'Measures event loop, garbage collection and heap.' }),
  'metrics.views': given({
    allowed: 'an array of views',
    accepts: listOf(isObject),
    what: 'Views of the metrics SDK.',
  }),
  'metrics.expireAfterMs': integer({
    min: 1,
    max: maxMs,
    what: 'Milliseconds after which a series is forgotten in which nothing was measured; with the lean engine alone.',
  }),
  'metrics.metricReaders': given({
    allowed: 'an array of metric readers',
    accepts: listOf(has('collect', 'forceFlush', 'shutdown')),
    what: 'Readers beside those that the other settings name.',
  }),
};
