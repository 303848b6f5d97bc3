// Prometheus
export { gaugeAggregations, type GaugeAggregation } from './cluster/gauge-aggregation.ts';
export { PrometheusExporter, type ServerStart } from './prometheus/exporter.ts';
export { isKeyPatterns, type KeyPatterns } from './prometheus/format/resource-labels.ts';
export { translationStrategies, type TranslationStrategy } from '@sonde/sdk/prometheus';
export { isAuthentication, type Authentication } from './prometheus/http/authenticator.ts';
export { isAllowedHostPattern } from './prometheus/http/host-check.ts';
export type { TlsOptions } from './prometheus/http/metrics-server.ts';
export type { PrometheusExporterOptions } from './prometheus/options.ts';
export { type MetricsEndpoint, startMetricsServer } from './prometheus/start-metrics-server.ts';

// Metrics recorded before an SDK is registered
export { ProxyMeterProvider, type ProxyMeterProviderOptions } from './early-metrics/proxy-meter-provider.ts';

// OTLP
export { otlpJson } from './otlp/encode/json.ts';
export { encodeLogs } from './otlp/encode/logs.ts';
export { encodeMetrics, type MetricEncoding } from './otlp/encode/metrics.ts';
export type { EncodedRequest } from './otlp/encode/request-builder.ts';
export { encodeTraces } from './otlp/encode/traces.ts';
export { OtlpExporter, type OtlpExportResult } from './otlp/exporter.ts';
export { OtlpLogExporter } from './otlp/log-exporter.ts';
export { OtlpMetricExporter, type OtlpMetricOptions } from './otlp/metric-exporter.ts';
export type { OtlpCompression, OtlpEncoding, OtlpOptions, OtlpProtocol } from './otlp/options.ts';
export { DeliveryQueue } from './otlp/queue/delivery-queue.ts';
export { type ConnectionSettings, connectionSettings } from './otlp/worker/connection-settings.ts';
export { WorkerQueue } from './otlp/worker/worker-queue.ts';
export type { WorkerQueueOptions } from './otlp/worker/worker-queue-options.ts';
export type { DeliveryResult } from './otlp/queue/delivery-result.ts';
export type { DeliveryQueueOptions, ExitRequest } from './otlp/queue/request-queue.ts';
export type { RequestSpool, SpooledRequest, LeasedRequest } from './otlp/queue/request-spool.ts';
export type { ExitResponse } from './otlp/queue/transport.ts';
export type { WaitingRequest } from './otlp/queue/waiting-request.ts';
export type { OtlpSignal } from './otlp/signal.ts';
export { Spool } from './otlp/spool/spool.ts';
export type { SpoolDrop, SpoolDropReason, SpoolOptions } from './otlp/spool/spool-options.ts';
export type { HistogramAggregation, TemporalityPreference } from './otlp/temporality.ts';
export { OtlpTraceExporter } from './otlp/trace-exporter.ts';
export { type OtlpErrorCode, OtlpExportError } from './otlp/transport/export-error.ts';
export { grpcAddress, type GrpcEndpoint } from './otlp/transport/grpc-endpoint.ts';
export { createOtlpAgent, nodeProxyEnvironment } from './otlp/transport/http-agent.ts';
export type { OtlpRequest, OtlpTls } from './otlp/transport/otlp-request.ts';
export { otlpGrpcEndpoint, otlpUrl } from './otlp/transport/settings.ts';

// Console
export type { ConsoleOptions } from './console/console-options.ts';
export { ConsoleLogExporter, type ConsoleLogOptions, isConsoleLogFormat } from './console/log-exporter.ts';
export { ConsoleMetricExporter } from './console/metric-exporter.ts';
export { ConsoleSpanExporter, type ConsoleSpanOptions } from './console/span-exporter.ts';

// Errors and notices
export { type ConfigFault, type Notice, type NoticeListener, SondeConfigError } from '@sonde/sdk';
