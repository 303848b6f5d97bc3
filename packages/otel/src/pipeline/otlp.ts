import { createRequire } from 'node:module';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  OtlpLogExporter,
  OtlpMetricExporter,
  type OtlpOptions,
  type OtlpSignal,
  OtlpTraceExporter,
} from '@sonde/exporters';
import type { OtlpProtocol } from '../options.ts';
import { countPoints, watchDelivery } from '../report/delivery.ts';
import { flows } from '../report/flow.ts';
import { notice } from '../report/notice.ts';
import { otlpEndpoint } from './otlp-endpoint.ts';

const require = createRequire(import.meta.url);

/** Upstream's exporters over gRPC, each loaded when it is used: it is a hundred modules. */
const grpc = {
  traces: () => require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter,
  metrics: () => require('@opentelemetry/exporter-metrics-otlp-grpc').OTLPMetricExporter,
  logs: () => require('@opentelemetry/exporter-logs-otlp-grpc').OTLPLogExporter,
} satisfies Record<OtlpSignal, () => unknown>;

/** What the specification gives an export when no variable says otherwise. */
const defaultTimeoutMs = 10_000;

/** Makes upstream's exporter; it reads its own `OTEL_EXPORTER_OTLP_*` variables. */
function overGrpc(signal: OtlpSignal, options?: { timeoutMillis: number }): unknown {
  const Exporter = grpc[signal]() as new (given?: { timeoutMillis: number }) => unknown;
  return new Exporter(options);
}

/** What our exporters do not read from the `OTEL_EXPORTER_OTLP_*` variables themselves. */
function overHttp(signal: OtlpSignal, protocol: OtlpProtocol): OtlpOptions {
  return {
    encoding: protocol === 'http/json' ? 'json' : 'protobuf',
    // A flush holds the process for as long as it may take; nothing else does.
    keepsProcess: false,
    onNotice: ({ code, message }) => notice(code, signal, message),
  };
}

/** Sends spans over OTLP. */
export function otlpSpanExporter(protocol: OtlpProtocol): SpanExporter {
  const exporter =
    protocol === 'grpc'
      ? (overGrpc('traces') as SpanExporter)
      : new OtlpTraceExporter(overHttp('traces', protocol));
  const { origin } = otlpEndpoint('traces', protocol);
  return watchDelivery(exporter, flows.spans, origin, (spans) => spans.length);
}

/** Sends log records over OTLP. */
export function otlpLogExporter(protocol: OtlpProtocol): LogRecordExporter {
  const exporter =
    protocol === 'grpc'
      ? (overGrpc('logs') as LogRecordExporter)
      : new OtlpLogExporter(overHttp('logs', protocol));
  const { origin } = otlpEndpoint('logs', protocol);
  return watchDelivery(exporter, flows.records, origin, (records) => records.length);
}

/**
 * Sends metrics over OTLP.
 *
 * @param limitMs how long the reader waits for an export: nothing is sent again after that
 */
export function otlpMetricExporter(protocol: OtlpProtocol, limitMs: number): PushMetricExporter {
  const { env } = process;
  const stated = Number(env['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT'] ?? env['OTEL_EXPORTER_OTLP_TIMEOUT']);
  const timeoutMs = Math.min(stated > 0 ? stated : defaultTimeoutMs, limitMs);
  const exporter =
    protocol === 'grpc'
      ? (overGrpc('metrics', { timeoutMillis: timeoutMs }) as PushMetricExporter)
      : new OtlpMetricExporter({ ...overHttp('metrics', protocol), timeoutMs });
  return watchDelivery(exporter, flows.points, otlpEndpoint('metrics', protocol).origin, countPoints);
}
