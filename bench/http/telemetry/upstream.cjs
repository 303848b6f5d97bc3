// The pipeline of upstream's SDK in the peer's folder that the telemetry is in, as its documentation puts it together.
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

/** Processors and readers for NodeSDK and for what is built on it. */
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

/** HTTP, fetch and the runtime: what Sonde brings, as upstream's instrumentations. */
exports.instrumentations = () => [
  new (fromSdk('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
  new (fromSdk('@opentelemetry/instrumentation-undici').UndiciInstrumentation)(),
  new (fromSdk('@opentelemetry/instrumentation-runtime-node').RuntimeNodeInstrumentation)(),
];

/** What the program uses of it: the API's logger, and a flush of the whole pipeline. */
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
