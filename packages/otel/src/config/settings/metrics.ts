import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { MetricExporterName } from '../../options.ts';
import type { MetricsConfig } from '../config.ts';
import { boolean, choice, custom, groupSwitch, integer, type SettingsTable, text } from '../setting.ts';
import { exporter, hasMethods, isListOf, isObject, MAX_MS, protocol, splitList } from './shared.ts';
import { isAllowedHostPattern } from '@sonde/exporters';

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
      accepts: isListOf(isAllowedHostPattern),
      parse: parseHosts,
      description:
        'Host names that requests may use in addition to loopback, `metrics.prometheus.host` and private names; others get status 421.',
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
    accepts: isListOf(isObject),
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
    accepts: isListOf(hasMethods('collect', 'forceFlush', 'shutdown')),
    description: 'Metric readers in addition to those of the other options.',
  }),
};
