export { attributeParts, type AttributeParts, type ConfigFault, type HasAttributeParts, type HasSpanIds, type Notice, type NoticeListener, SondeConfigError, spanIds, type SpanIds, type TraceWords } from '@sonde/sdk';

export { PrometheusExporter, type ServerStart } from './prometheus/exporter.ts';
export type { PrometheusOptions } from './prometheus/options.ts';
export type { TranslationStrategy } from './prometheus/translation.ts';
export { ConsoleLogExporter, type ConsoleLogOptions } from './console/log-exporter.ts';
export type { ConsoleOptions } from './console/console-options.ts';
export { ProxyMeterProvider, type ProxyMeterProviderOptions } from './early-metrics/proxy-meter-provider.ts';
export type { Authentication } from './prometheus/authentication.ts';
export type { TlsOptions } from './prometheus/server.ts';
export { ConsoleSpanExporter, type ConsoleSpanOptions } from './console/span-exporter.ts';
export type { GaugeRule } from './cluster/gauge-rule.ts';
export { startMetricsServer, type MetricsEndpoint } from './prometheus/start-metrics-server.ts';


export type { Encoded } from './otlp/encoded.ts';
export { OtlpExportError, type OtlpErrorCode } from './otlp/export-error.ts';
export { type OtlpBatch, OtlpExporter, type OtlpExportResult } from './otlp/exporter.ts';
export { OtlpLogExporter } from './otlp/log-exporter.ts';
export type { OtlpMessage } from './otlp/message.ts';
export { OtlpMetricExporter, type OtlpMetricOptions } from './otlp/metric-exporter.ts';
export type { OtlpCompression, OtlpEncoding, OtlpOptions } from './otlp/options.ts';
export type { OtlpRequest, OtlpTls } from './otlp/request.ts';

export { type OtlpSignal, otlpUrl } from './otlp/settings.ts';
export type { HistogramAggregation, TemporalityPreference } from './otlp/temporality.ts';
export { OtlpTraceExporter } from './otlp/trace-exporter.ts';
export { toJson as otlpJson } from './otlp/json.ts';
export { encodeLogs } from './otlp/logs.ts';
export { encodeMetrics, type MetricEncoding } from './otlp/metrics.ts';
export { encodeTraces } from './otlp/traces.ts';
export { isLogFormat } from './console/log-exporter.ts';
export { isHostPattern } from './prometheus/host-check.ts';
export { reportOtlpVariables } from './otlp/settings.ts';
