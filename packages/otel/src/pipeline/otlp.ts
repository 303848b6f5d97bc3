import { createRequire } from 'node:module';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpProtocol } from '../options.ts';
import { watchDelivery } from '../report/delivery.ts';
import { flows } from '../report/flow.ts';
import { otlpEndpoint, type Signal } from './otlp-endpoint.ts';

const require = createRequire(import.meta.url);

/** Upstream's exporters, each loaded when it is used: gRPC alone is a hundred modules. */
const upstream = {
  traces: {
    'http/protobuf': () => require('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter,
    'http/json': () => require('@opentelemetry/exporter-trace-otlp-http').OTLPTraceExporter,
    grpc: () => require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter,
  },
  metrics: {
    'http/protobuf': () => require('@opentelemetry/exporter-metrics-otlp-proto').OTLPMetricExporter,
    'http/json': () => require('@opentelemetry/exporter-metrics-otlp-http').OTLPMetricExporter,
    grpc: () => require('@opentelemetry/exporter-metrics-otlp-grpc').OTLPMetricExporter,
  },
  logs: {
    'http/protobuf': () => require('@opentelemetry/exporter-logs-otlp-proto').OTLPLogExporter,
    'http/json': () => require('@opentelemetry/exporter-logs-otlp-http').OTLPLogExporter,
    grpc: () => require('@opentelemetry/exporter-logs-otlp-grpc').OTLPLogExporter,
  },
} satisfies Record<Signal, Record<OtlpProtocol, () => unknown>>;

/** What the specification gives an export when no variable says otherwise. */
const defaultTimeoutMs = 10_000;

/** Makes upstream's exporter; it reads its own `OTEL_EXPORTER_OTLP_*` variables. */
function make(signal: Signal, protocol: OtlpProtocol, options?: { timeoutMillis: number }): unknown {
  const Exporter = upstream[signal][protocol]() as new (given?: { timeoutMillis: number }) => unknown;
  return new Exporter(options);
}

/** Sends spans over OTLP. */
export function otlpSpanExporter(protocol: OtlpProtocol): SpanExporter {
  const exporter = make('traces', protocol) as SpanExporter;
  return watchDelivery(
    exporter,
    flows.spans,
    otlpEndpoint('traces', protocol).origin,
    (spans) => spans.length,
  );
}

/** Sends log records over OTLP. */
export function otlpLogExporter(protocol: OtlpProtocol): LogRecordExporter {
  const exporter = make('logs', protocol) as LogRecordExporter;
  return watchDelivery(
    exporter,
    flows.records,
    otlpEndpoint('logs', protocol).origin,
    (records) => records.length,
  );
}

/**
 * Sends metrics over OTLP.
 *
 * @param limitMs how long the reader waits for an export: nothing is sent again after that. Attempts that outlive the
 * interval between two exports would keep the process alive for ever when nobody answers.
 */
export function otlpMetricExporter(protocol: OtlpProtocol, limitMs: number): PushMetricExporter {
  const { env } = process;
  const stated = Number(env['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT'] ?? env['OTEL_EXPORTER_OTLP_TIMEOUT']);
  const timeoutMillis = Math.min(stated > 0 ? stated : defaultTimeoutMs, limitMs);
  const exporter = make('metrics', protocol, { timeoutMillis }) as PushMetricExporter;
  return watchDelivery(exporter, flows.points, otlpEndpoint('metrics', protocol).origin, countPoints);
}

/** How many points there are in all metrics together. */
export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
}
