// Telemetry of a program: `none`, `control`, `sonde`, `sonde-without-hook`, `upstream`, `upstream-on-sonde`.
const seen = { spans: 0 };

const discarded = {
  export(items, done) {
    seen.spans += Array.isArray(items) ? items.length : 0;
    done({ code: 0 });
  },
  selectAggregationTemporality: () => 1,
  async forceFlush() {},
  async shutdown() {},
};

const instrumentations = {
  mysql2: () => new (require('@opentelemetry/instrumentation-mysql2').MySQL2Instrumentation)(),
  ioredis: () => new (require('@opentelemetry/instrumentation-ioredis').IORedisInstrumentation)(),
  redis: () => new (require('@opentelemetry/instrumentation-redis').RedisInstrumentation)(),
  fastify: () => new (require('@fastify/otel').FastifyOtelInstrumentation)({ registerOnInitialization: true }),
};

const metricReader = () => {
  const { PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
  return new PeriodicExportingMetricReader({
    exporter: discarded,
    exportIntervalMillis: 5000,
    exportTimeoutMillis: 5000,
  });
};

function startSonde(options) {
  const { start } = require('@sonde/otel');
  start({
    serviceName: 'bench',
    traces: { exporter: discarded },
    logs: { exporter: 'none', console: false },
    metrics: { exporter: ['none'], metricReaders: [metricReader()] },
    ...options,
  });
}

function startUpstream(library) {
  const { context, metrics, trace } = require('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { MeterProvider } = require('@opentelemetry/sdk-metrics');
  const { TracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: discarded })] }),
  );
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [metricReader()] }));
  registerInstrumentations({ instrumentations: [new HttpInstrumentation(), instrumentations[library]()] });
}

const start = {
  none: () => {},
  control: () => {},
  sonde: () => startSonde({ instrumentation: { discover: false } }),
  'sonde-without-hook': (library) => startSonde({ instrumentation: { discover: false, disabled: [library] } }),
  'sonde-control': (library) => startSonde({ instrumentation: { discover: false, disabled: [library] } }),
  upstream: startUpstream,
  'upstream-on-sonde': (library) =>
    startSonde({ instrumentation: { discover: false }, instrumentations: [instrumentations[library]()] }),
};

module.exports = { seen, startTelemetry: (name, library) => start[name](library) };
