import type { AggregationSelector, MetricProducer } from '@opentelemetry/sdk-metrics';

import { environmentText } from '../environment.ts';
import { gaugeAggregations, type GaugeAggregation } from '../cluster/gauge-aggregation.ts';

import { isAuthentication, type Authentication } from './http/authenticator.ts';
import { HostCheck, isAllowedHostPattern } from './http/host-check.ts';
import type { TlsOptions } from './http/metrics-server.ts';
import { isKeyPatterns, type KeyPatterns } from './format/resource-labels.ts';
import { translationStrategies, type TranslationStrategy } from '@sonde/sdk/prometheus';
import {
  booleanRule,
  checkOptions,
  countRule,
  functionRule,
  type NoticeBoard,
  type NoticeListener,
  objectRule,
  choiceRule,
  portRule,
  type Rules,
  textRule,
} from '@sonde/sdk';

/** Options of the Prometheus exporter. */
export interface PrometheusExporterOptions {
  /**
   * The address to listen on. `localhost` is the IPv4 loopback address, `0.0.0.0` is reachable from other machines.
   * @default OTEL_EXPORTER_PROMETHEUS_HOST, or 'localhost'
   */
  host?: string;
  /**
   * The port; 0 selects a free one.
   * @default OTEL_EXPORTER_PROMETHEUS_PORT, or 9464
   */
  port?: number;
  /** The path of the endpoint. @default '/metrics' */
  path?: string;
  /**
   * Host names, without port, that requests may address in addition to those that are always allowed: loopback, `host`, and, unless the
   * server listens on loopback, IP addresses, the machine's name, names without a dot and private ones such as `app.default.svc`.
   * `*.example.com` allows every name below that one, `*` any name. Other requests receive a 421. `handler` does not check the host.
   * @default [], or any name if `tls` or `authentication` is set
   */
  allowedHosts?: readonly string[];
  /** Does not start the server: mount `handler` in another server, or call `startServer()` later. @default false */
  preventServerStart?: boolean;
  /** How metric and label names are translated. @default 'UnderscoreEscapingWithSuffixes' */
  translationStrategy?: TranslationStrategy;
  /** Adds labels with the instrumentation scope to each series, such as `otel_scope_name`. @default true */
  scopeInfo?: boolean;
  /** Exposes the resource as `target_info`, without the arguments and the owner of the process. @default true */
  targetInfo?: boolean;
  /**
   * Keys of resource attributes that are added as labels to every series; `*` matches any characters, such as `k8s.*`. With
   * `{ included, excluded }` the excluded ones take precedence.
   * @default []
   */
  resourceLabels?: readonly string[] | KeyPatterns;
  /**
   * The default aggregation by instrument type, for instruments without a view: an exponential histogram, for example, which
   * Prometheus scrapes as a native one. @default that of the SDK
   */
  aggregationSelector?: AggregationSelector;
  /** Maximum number of attribute sets per instrument; further ones are aggregated in one overflow series. @default 2000 */
  cardinalityLimit?: number;
  /** Writes the start time of each series as `_created` in OpenMetrics. @default true */
  createdTimestamps?: boolean;
  /** Credentials that scrapers must send: `{ username, password }` or `{ bearerToken }`. @default none */
  authentication?: Authentication;
  /** Serves over TLS with these `node:tls` options; `ca` with `requestCert` requires client certificates. @default plain HTTP */
  tls?: TlsOptions;
  /** Milliseconds between attempts to listen on a port in use. @default 5000 */
  retryIntervalMs?: number;
  /** How gauges of the workers of a cluster are aggregated. @default 'worker' */
  clusterGaugeAggregation?: GaugeAggregation;
  /** Milliseconds that a scrape waits for the workers of a cluster. @default 1000 */
  clusterTimeoutMs?: number;
  /** Milliseconds between pushes of a worker of a cluster; a killed worker loses the measurements since its last push. @default 1000 */
  clusterPushIntervalMs?: number;
  /** Sources of metrics in addition to the SDK. @default [] */
  metricProducers?: MetricProducer[];
  /** Receives notices for the operator, such as a port in use. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** The options with defaults applied. */
export type ResolvedPrometheusOptions = Required<
  Omit<
    PrometheusExporterOptions,
    'aggregationSelector' | 'allowedHosts' | 'authentication' | 'onNotice' | 'tls'
  >
> & {
  readonly hostCheck: HostCheck | undefined;
  readonly authentication: Authentication | undefined;
  readonly tls: TlsOptions | undefined;
  readonly aggregationSelector: AggregationSelector | undefined;
};

const rules: Rules<PrometheusExporterOptions> = {
  host: textRule,
  port: portRule,
  path: {
    allowed: "a path that starts with '/'",
    test: (value) => typeof value === 'string' && value.startsWith('/') && !/[?#\s]/.test(value),
  },
  allowedHosts: {
    allowed: "an array of host names without port, '*.example.com' or '*'",
    test: (value) => Array.isArray(value) && value.every(isAllowedHostPattern),
  },
  preventServerStart: booleanRule,
  translationStrategy: choiceRule(translationStrategies),
  scopeInfo: booleanRule,
  targetInfo: booleanRule,
  resourceLabels: {
    allowed: "an array of attribute keys such as 'service.*', or { included, excluded } of such arrays",
    test: isKeyPatterns,
  },
  aggregationSelector: functionRule,
  cardinalityLimit: countRule,
  createdTimestamps: booleanRule,
  authentication: {
    allowed: '{ username, password } or { bearerToken } with non-empty strings',
    test: isAuthentication,
    isSecret: true,
  },
  tls: objectRule,
  retryIntervalMs: countRule,
  clusterGaugeAggregation: choiceRule(gaugeAggregations),
  clusterTimeoutMs: countRule,
  clusterPushIntervalMs: countRule,
  metricProducers: { allowed: 'an array of metric producers', test: (value) => Array.isArray(value) },
  onNotice: functionRule,
};

/** @throws {SondeConfigError} that lists all invalid options */
export function checkPrometheusOptions(options: PrometheusExporterOptions): void {
  checkOptions('PrometheusExporter', options, rules);
}

/** Applies environment variables and defaults; an invalid variable is reported and ignored. */
export function resolvePrometheusOptions(
  options: PrometheusExporterOptions,
  notices: NoticeBoard,
): ResolvedPrometheusOptions {
  const host = options.host ?? environmentText('OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost';
  return {
    host,
    hostCheck: hostCheck(host, options),
    port: options.port ?? portFromEnvironment(notices) ?? 9464,
    path: options.path ?? '/metrics',
    preventServerStart: options.preventServerStart ?? false,
    translationStrategy: options.translationStrategy ?? 'UnderscoreEscapingWithSuffixes',
    scopeInfo: options.scopeInfo ?? true,
    targetInfo: options.targetInfo ?? true,
    resourceLabels: options.resourceLabels ?? [],
    aggregationSelector: options.aggregationSelector,
    cardinalityLimit: options.cardinalityLimit ?? 2000,
    createdTimestamps: options.createdTimestamps ?? true,
    authentication: options.authentication,
    tls: options.tls,
    retryIntervalMs: options.retryIntervalMs ?? 5000,
    clusterGaugeAggregation: options.clusterGaugeAggregation ?? 'worker',
    clusterTimeoutMs: options.clusterTimeoutMs ?? 1000,
    clusterPushIntervalMs: options.clusterPushIntervalMs ?? 1000,
    metricProducers: options.metricProducers ?? [],
  };
}

/** DNS rebinding needs no check if `tls` or `authentication` is set: a web page has neither credentials nor a certificate. */
function hostCheck(
  host: string,
  { allowedHosts, authentication, tls }: PrometheusExporterOptions,
): HostCheck | undefined {
  const isUnprotected = authentication === undefined && tls === undefined;
  if (allowedHosts === undefined && !isUnprotected) return undefined;
  return new HostCheck({ host, allowedHosts: allowedHosts ?? [] });
}

function portFromEnvironment(notices: NoticeBoard): number | undefined {
  const text = environmentText('OTEL_EXPORTER_PROMETHEUS_PORT');
  if (text === undefined) return undefined;
  const port = Number(text);
  if (portRule.test(port)) return port;
  notices.report({
    code: 'SONDE_ENVIRONMENT_INVALID',
    message: `ignoring invalid OTEL_EXPORTER_PROMETHEUS_PORT='${text.slice(0, 60)}': expected ${portRule.allowed}; using 9464`,
  });
  return undefined;
}
