import { createRequire } from 'node:module';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpProtocol } from '../options.ts';
import { watchDelivery } from '../report/delivery.ts';

type Signal = 'traces' | 'metrics' | 'logs';

const load = createRequire(import.meta.url);

const packageSuffix: Readonly<Record<OtlpProtocol, string>> = {
  'http/protobuf': 'proto',
  'http/json': 'http',
  grpc: 'grpc',
};

const className = {
  traces: 'OTLPTraceExporter',
  metrics: 'OTLPMetricExporter',
  logs: 'OTLPLogExporter',
} as const;

/** The exporter of upstream for a signal, loaded when it is used; it reads its own `OTEL_EXPORTER_OTLP_*`. */
function upstreamExporter(signal: Signal, protocol: OtlpProtocol): unknown {
  const name = { traces: 'trace', metrics: 'metrics', logs: 'logs' }[signal];
  const module = load(`@opentelemetry/exporter-${name}-otlp-${packageSuffix[protocol]}`) as Record<
    string,
    new () => unknown
  >;
  const Exporter = module[className[signal]];
  if (Exporter === undefined)
    throw new Error(`@opentelemetry/exporter-${name}-otlp has no ${className[signal]}`);
  return new Exporter();
}

/** The base address that a signal's OTLP exporter sends to, without credentials. */
export function otlpEndpoint(signal: Signal, protocol: OtlpProtocol): URL {
  const text =
    process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]?.trim() ||
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim() ||
    `http://localhost:${protocol === 'grpc' ? 4317 : 4318}`;
  const url = URL.parse(text.includes('://') ? text : `http://${text}`) ?? new URL('http://invalid');
  url.username = '';
  url.password = '';
  return url;
}

/** Sends spans over OTLP. */
export function otlpSpanExporter(protocol: OtlpProtocol): SpanExporter {
  const exporter = upstreamExporter('traces', protocol) as SpanExporter;
  return watchDelivery(exporter, 'spans', otlpEndpoint('traces', protocol).origin, (spans) => spans.length);
}

/** Sends log records over OTLP. */
export function otlpLogExporter(protocol: OtlpProtocol): LogRecordExporter {
  const exporter = upstreamExporter('logs', protocol) as LogRecordExporter;
  return watchDelivery(
    exporter,
    'log records',
    otlpEndpoint('logs', protocol).origin,
    (records) => records.length,
  );
}

/** Sends metrics over OTLP. */
export function otlpMetricExporter(protocol: OtlpProtocol): PushMetricExporter {
  const exporter = upstreamExporter('metrics', protocol) as PushMetricExporter;
  return watchDelivery(exporter, 'metric points', otlpEndpoint('metrics', protocol).origin, countPoints);
}

function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
}
