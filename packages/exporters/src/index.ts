export {
  attributeParts,
  type AttributeParts,
  type ConfigFault,
  type HasAttributeParts,
  type HasSpanIds,
  type Notice,
  type NoticeListener,
  SondeConfigError,
  spanIds,
  type SpanIds,
  type TraceWords,
} from '@sonde/sdk';

export { PrometheusExporter, type ServerStart } from './prometheus/exporter.ts';
export type { PrometheusExporterOptions } from './prometheus/options.ts';
export type { TranslationStrategy } from './prometheus/format/translation.ts';
export { ConsoleLogExporter, type ConsoleLogOptions } from './console/log-exporter.ts';
export type { ConsoleOptions } from './console/console-options.ts';
export { ProxyMeterProvider, type ProxyMeterProviderOptions } from './early-metrics/proxy-meter-provider.ts';
export type { Authentication } from './prometheus/http/authenticator.ts';
export type { TlsOptions } from './prometheus/http/metrics-server.ts';
export { ConsoleSpanExporter, type ConsoleSpanOptions } from './console/span-exporter.ts';
export type { GaugeAggregation } from './cluster/gauge-aggregation.ts';
export { startMetricsServer, type MetricsEndpoint } from './prometheus/start-metrics-server.ts';

export type { EncodedRequest } from './otlp/encode/encoded-request.ts';
export { OtlpExportError, type OtlpErrorCode } from './otlp/transport/export-error.ts';
export { type OtlpBatch, OtlpExporter, type OtlpExportResult } from './otlp/exporter.ts';
export { OtlpLogExporter } from './otlp/log-exporter.ts';
export type { OtlpRequestBuilder } from './otlp/encode/request-builder.ts';
export { OtlpMetricExporter, type OtlpMetricOptions } from './otlp/metric-exporter.ts';
export type { OtlpCompression, OtlpEncoding, OtlpOptions } from './otlp/options.ts';
export type { OtlpRequest, OtlpTls } from './otlp/transport/request.ts';

export { type OtlpSignal, otlpUrl } from './otlp/transport/settings.ts';
export type { HistogramAggregation, TemporalityPreference } from './otlp/temporality.ts';
export { OtlpTraceExporter } from './otlp/trace-exporter.ts';
export { toJson as otlpJson } from './otlp/encode/json.ts';
export { encodeLogs } from './otlp/encode/logs.ts';
export { encodeMetrics, type MetricEncoding } from './otlp/encode/metrics.ts';
export { encodeTraces } from './otlp/encode/traces.ts';
export { isLogFormat } from './console/log-exporter.ts';
export { isHostPattern } from './prometheus/http/host-check.ts';
export { reportOtlpVariables } from './otlp/transport/settings.ts';
