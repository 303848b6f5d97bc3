import type { MetricProducer } from '@opentelemetry/sdk-metrics';

import { gaugeAggregations, type GaugeAggregation } from '../cluster/gauge-aggregation.ts';

import { isAuthentication, type Authentication } from './http/authenticator.ts';
import { HostCheck, isAllowedHostPattern } from './http/host-check.ts';
import type { TlsOptions } from './http/metrics-server.ts';
import { translationStrategies, type TranslationStrategy } from './format/translation.ts';
import {
  booleanRule,
  checkOptions,
  countRule,
  functionRule,
  type NoticeBoard,
  type NoticeListener,
  objectRule,
  oneOf,
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
   * The port; 0 takes any free one.
   * @default OTEL_EXPORTER_PROMETHEUS_PORT, or 9464
   */
  port?: number;
  /** The path of the page. @default '/metrics' */
  path?: string;
  /**
   * Names, without port, by which the server may be reached beside those that are always allowed: loopback, `host`, and, unless the server listens
   * on loopback, IP addresses, the machine's name, names without a dot and private ones such as `app.default.svc`. `*.example.com` allows every
   * name below that one, `*` any. What has another Host gets 421. `handler` does not look at it.
   * @default [], and any name where `tls` or `authentication` is set
   */
  allowedHosts?: readonly string[];
  /** Leaves the server closed: `handler` is then mounted elsewhere, or `startServer()` is called later. @default false */
  preventServerStart?: boolean;
  /** How names are translated. @default 'UnderscoreEscapingWithSuffixes' */
  translationStrategy?: TranslationStrategy;
  /** Labels each series with the scope it comes from: `otel_scope_name` and so on. @default true */
  scopeInfo?: boolean;
  /** Writes the resource as `target_info`, without the process's arguments and owner. @default true */
  targetInfo?: boolean;
  /** Keys of resource attributes that become labels of every series. @default [] */
  resourceLabels?: readonly string[];
  /** The most attribute sets of one instrument; what comes after them goes to one overflow series. @default 2000 */
  cardinalityLimit?: number;
  /** Writes `_created` into OpenMetrics, which tells scrapers when each series began. @default true */
  createdTimestamps?: boolean;
  /** Who may read the page: `{ username, password }` or `{ bearerToken }`. @default everybody who can reach it */
  authentication?: Authentication;
  /** Serves over TLS with these options of `node:tls`; `ca` with `requestCert` asks clients for a certificate. @default plain HTTP */
  tls?: TlsOptions;
  /** How long to wait before a port that was taken is tried again, in milliseconds. @default 5000 */
  retryIntervalMs?: number;
  /** How the gauges of the processes of a cluster are combined. @default 'worker' */
  clusterGaugeAggregation?: GaugeAggregation;
  /** How long a scrape waits for the workers of a cluster, in milliseconds. @default 1000 */
  clusterTimeoutMs?: number;
  /** How often workers hand in their metrics unasked, in milliseconds: the most that is lost when one is killed. @default 1000 */
  clusterPushIntervalMs?: number;
  /** Further sources of metrics besides the SDK. @default [] */
  metricProducers?: MetricProducer[];
  /** Receives what the operator should know once, such as a port that is taken. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** The options with every default filled in. */
export type ResolvedPrometheusOptions = Required<
  Omit<PrometheusExporterOptions, 'allowedHosts' | 'authentication' | 'onNotice' | 'tls'>
> & {
  readonly hostCheck: HostCheck | undefined;
  readonly authentication: Authentication | undefined;
  readonly tls: TlsOptions | undefined;
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
  translationStrategy: oneOf(translationStrategies),
  scopeInfo: booleanRule,
  targetInfo: booleanRule,
  resourceLabels: {
    allowed: 'an array of attribute keys',
    test: (value) => Array.isArray(value) && value.every((key) => typeof key === 'string'),
  },
  cardinalityLimit: countRule,
  createdTimestamps: booleanRule,
  authentication: {
    allowed: '{ username, password } or { bearerToken }, all strings that are not empty',
    test: isAuthentication,
    isSecret: true,
  },
  tls: objectRule,
  retryIntervalMs: countRule,
  clusterGaugeAggregation: oneOf(gaugeAggregations),
  clusterTimeoutMs: countRule,
  clusterPushIntervalMs: countRule,
  metricProducers: { allowed: 'an array of metric producers', test: (value) => Array.isArray(value) },
  onNotice: functionRule,
};

/** Throws a `SondeConfigError` that names every fault. */
export function checkPrometheusOptions(options: PrometheusExporterOptions): void {
  checkOptions('PrometheusExporter', options, rules);
}

/** Fills in environment and defaults; a wrong environment variable is told and passed over. */
export function resolvePrometheusOptions(
  options: PrometheusExporterOptions,
  notices: NoticeBoard,
): ResolvedPrometheusOptions {
  const host = options.host ?? (process.env['OTEL_EXPORTER_PROMETHEUS_HOST']?.trim() || 'localhost');
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

/** A web page knows no credentials and has no certificate for its name: what asks for one of them needs no look at the name. */
function hostCheck(
  host: string,
  { allowedHosts, authentication, tls }: PrometheusExporterOptions,
): HostCheck | undefined {
  const isOpen = authentication === undefined && tls === undefined;
  if (allowedHosts === undefined && !isOpen) return undefined;
  return new HostCheck({ host, allowedHosts: allowedHosts ?? [] });
}

function portFromEnvironment(notices: NoticeBoard): number | undefined {
  const text = process.env['OTEL_EXPORTER_PROMETHEUS_PORT']?.trim() ?? '';
  if (text === '') return undefined;
  const port = Number(text);
  if (portRule.test(port)) return port;
  notices.report({
    code: 'SONDE_ENVIRONMENT_INVALID',
    message: `OTEL_EXPORTER_PROMETHEUS_PORT is '${text.slice(0, 60)}', ${portRule.allowed} is needed: 9464 is used`,
  });
  return undefined;
}
