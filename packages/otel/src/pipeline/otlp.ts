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

/** Makes upstream's exporter; it reads its own `OTEL_EXPORTER_OTLP_*` variables. */
function make(signal: Signal, protocol: OtlpProtocol): unknown {
  const Exporter = upstream[signal][protocol]() as new () => unknown;
  return new Exporter();
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

/** Sends metrics over OTLP. */
export function otlpMetricExporter(protocol: OtlpProtocol): PushMetricExporter {
  const exporter = make('metrics', protocol) as PushMetricExporter;
  return watchDelivery(exporter, flows.points, otlpEndpoint('metrics', protocol).origin, countPoints);
}

/** How many points there are in all metrics together. */
export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
}
