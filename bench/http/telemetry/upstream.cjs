// Pipeline of upstream's SDK from the folder of the peer, set up as documented.
const { fromSdk } = require('../apps/from-peer.cjs');
const { discarded, seen } = require('./discarded.cjs');

const {
  BENCH_TO: to,
  BENCH_RATIO: ratio,
  BENCH_METRICS_PORT: port,
  BENCH_INTERVAL_MS: interval,
} = process.env;

function exporters() {
  if (to === 'otlp') {
    return {
      spans: new (fromSdk('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter)(),
      records: new (fromSdk('@opentelemetry/exporter-logs-otlp-proto').OTLPLogExporter)(),
      metrics: new (fromSdk('@opentelemetry/exporter-metrics-otlp-proto').OTLPMetricExporter)(),
    };
  }
  return { spans: discarded('spans'), records: discarded('records'), metrics: discarded('metrics') };
}

function metricReader(exporter) {
  if (to === 'prometheus') {
    const { PrometheusExporter } = fromSdk('@opentelemetry/exporter-prometheus');
    return new PrometheusExporter({ host: '127.0.0.1', port: Number(port) });
  }
  const { PeriodicExportingMetricReader } = fromSdk('@opentelemetry/sdk-metrics');
  const exportIntervalMillis = Number(interval);
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis: exportIntervalMillis,
  });
}

/** Processors and readers for NodeSDK and SDKs based on it. */
exports.pipeline = () => {
  const { spans, records, metrics } = exporters();
  const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } =
    fromSdk('@opentelemetry/sdk-trace');
  const logs = fromSdk('@opentelemetry/sdk-logs');
  const record =
    to === 'prometheus'
      ? new logs.SimpleLogRecordProcessor({ exporter: new logs.ConsoleLogRecordExporter() })
      : new logs.BatchLogRecordProcessor({ exporter: records });
  return {
    spanProcessors: [new BatchSpanProcessor({ exporter: spans })],
    logRecordProcessors: [record],
    metricReaders: [metricReader(metrics)],
    ...(ratio === '1'
      ? {}
      : { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number(ratio)) }) }),
  };
};

/** Upstream's instrumentations of HTTP, fetch and the runtime, which Sonde also includes. */
exports.instrumentations = () => [
  new (fromSdk('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
  new (fromSdk('@opentelemetry/instrumentation-undici').UndiciInstrumentation)(),
  new (fromSdk('@opentelemetry/instrumentation-runtime-node').RuntimeNodeInstrumentation)(),
];

/** Interface of the program: the API's logger and a flush of the pipeline. */
exports.usedBy = ({ spanProcessors, logRecordProcessors, metricReaders }) => {
  const { logs } =
    'logs' in fromSdk('@opentelemetry/api')
      ? fromSdk('@opentelemetry/api')
      : fromSdk('@opentelemetry/api-logs');
  const logger = logs.getLogger('bench');
  const pipeline = [...spanProcessors, ...logRecordProcessors, ...metricReaders];
  return {
    log: (id) =>
      logger.emit({
        severityNumber: 9,
        severityText: 'INFO',
        body: 'Looking up a user',
        attributes: { 'user.id': id },
      }),
    flush: () => Promise.all(pipeline.map((part) => part.forceFlush())),
    seen,
  };
};
