import type { AggregationSelector, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { MetricExporterName } from '../../options.ts';
import type { MetricsConfig } from '../config.ts';
import { boolean, choice, custom, groupSwitch, integer, type SettingsTable, text } from '../setting.ts';
import { exporter, hasMethods, everyItem, isObject, MAX_MS, protocol, splitList } from './shared.ts';
import {
  type Authentication,
  gaugeAggregations,
  isAllowedHostPattern,
  isAuthentication,
  isKeyPatterns,
  type KeyPatterns,
  type TlsOptions,
  translationStrategies,
} from '@sonde/exporters';

function parseHosts(value: string): readonly string[] | undefined {
  const hosts = splitList(value);
  return hosts.every(isAllowedHostPattern) ? hosts : undefined;
}

const exporterNames: readonly MetricExporterName[] = ['otlp', 'prometheus', 'console', 'none'];

export const metricsSettings: SettingsTable<MetricsConfig> = {
  exporter: exporter<PushMetricExporter, MetricExporterName>(
    'OTEL_METRICS_EXPORTER',
    'The exporters of metrics; `metrics.prometheus` adds a Prometheus endpoint.',
    exporterNames,
  ),
  protocol: protocol('METRICS'),
  prometheus: {
    isEnabled: groupSwitch({
      description:
        'Whether to serve a Prometheus endpoint; an object of options enables it too. Defaults to whether `metrics.exporter` names `prometheus`.',
    }),
    port: integer({
      min: 0,
      max: 65_535,
      env: 'OTEL_EXPORTER_PROMETHEUS_PORT',
      defaultValue: 9464,
      description: 'The port of the Prometheus endpoint; 0 selects a free port.',
    }),
    host: text({
      env: 'OTEL_EXPORTER_PROMETHEUS_HOST',
      defaultValue: 'localhost',
      description: 'The address that the Prometheus endpoint listens on.',
    }),
    allowedHosts: custom<readonly string[]>({
      env: 'SONDE_PROMETHEUS_ALLOWED_HOSTS',
      defaultValue: [],
      expected:
        'a list of host names without port, "*.example.com" or "*", in the environment separated by commas',
      accepts: everyItem(isAllowedHostPattern),
      parse: parseHosts,
      description:
        'Host names that are allowed in addition to loopback names, `metrics.prometheus.host` and private names; requests for others get status 421.',
    }),
    path: custom<string>({
      defaultValue: '/metrics',
      expected: "a path that starts with '/'",
      accepts: (value) => typeof value === 'string' && /^\/[^?#\s]*$/.test(value),
      description: 'The path of the Prometheus endpoint.',
    }),
    preventServerStart: boolean({
      defaultValue: false,
      description: 'Does not listen: the application mounts `sonde.metricsHandler` in a server of its own.',
    }),
    authentication: custom<Authentication>({
      expected: '{ username, password } or { bearerToken } with non-empty strings',
      accepts: isAuthentication,
      description: 'Credentials that scrapers must send.',
    }),
    tls: custom<TlsOptions>({
      expected: 'an object of node:tls options',
      accepts: isObject,
      description: 'Serves the Prometheus endpoint over TLS.',
    }),
    translationStrategy: choice({
      choices: translationStrategies,
      defaultValue: 'UnderscoreEscapingWithSuffixes',
      description: 'How metric and label names are translated to Prometheus names.',
    }),
    scopeInfo: boolean({
      defaultValue: true,
      description: 'Adds labels with the instrumentation scope to each series.',
    }),
    targetInfo: boolean({ defaultValue: true, description: 'Exposes the resource as `target_info`.' }),
    resourceLabels: custom<readonly string[] | KeyPatterns>({
      defaultValue: [],
      expected: "an array of attribute keys such as 'service.*', or { included, excluded } of such arrays",
      accepts: isKeyPatterns,
      description: 'Resource attributes that are labels of every series.',
    }),
    aggregationSelector: custom<AggregationSelector>({
      expected: 'a function',
      accepts: (value) => typeof value === 'function',
      description: 'The default aggregation by instrument type, for the Prometheus endpoint.',
    }),
    clusterGaugeAggregation: choice({
      choices: gaugeAggregations,
      defaultValue: 'worker',
      description:
        'How gauges of the workers of a cluster are aggregated; `worker` keeps one series for each process.',
    }),
  },
  intervalMs: integer({
    min: 1,
    max: MAX_MS,
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    defaultValue: 60_000,
    description: 'Interval between two exports of metrics, in milliseconds.',
  }),
  timeoutMs: integer({
    min: 0,
    max: MAX_MS,
    env: 'OTEL_METRIC_EXPORT_TIMEOUT',
    defaultValue: 30_000,
    description:
      'Timeout of one export of metrics, in milliseconds; at most `metrics.intervalMs`. 0 means no limit.',
  }),
  runtime: boolean({
    defaultValue: true,
    description: 'Collects metrics of the event loop, garbage collection and the V8 heap.',
  }),
  process: boolean({
    defaultValue: true,
    description: 'Collects metrics of the process: processor time, memory, file descriptors and threads.',
  }),
  exemplarFilter: choice({
    choices: ['trace_based', 'always_on', 'always_off'],
    env: 'OTEL_METRICS_EXEMPLAR_FILTER',
    defaultValue: 'trace_based',
    description: 'Which measurements become exemplars: those inside sampled spans, all, or none.',
  }),
  views: custom({
    expected: 'an array of views',
    accepts: everyItem(isObject),
    description: 'Views of the metrics SDK.',
  }),
  expireAfterMs: integer({
    min: 1,
    max: MAX_MS,
    description:
      'Milliseconds without a measurement after which a series is removed. Supported by the lean engine only.',
  }),
  metricReaders: custom({
    expected: 'an array of metric readers',
    accepts: everyItem(hasMethods('collect', 'forceFlush', 'shutdown')),
    description: 'Metric readers in addition to those of the other options.',
  }),
};
