const { fromSdk } = require('../apps/from-peer.cjs');
const { PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { getLogger, start } = require('@sonde/otel');
const { discarded, seen } = require('./discarded.cjs');

const {
  BENCH_ENGINE: engine,
  BENCH_TO: to,
  BENCH_RATIO: ratio,
  BENCH_METRICS_PORT: port,
  BENCH_INTERVAL_MS: interval,
  BENCH_WITH: beside,
} = process.env;
const intervalMillis = Number(interval);

const metrics = {
  discarded: () => ({
    exporter: ['none'],
    metricReaders: [
      new PeriodicExportingMetricReader({
        exporter: discarded('metrics'),
        exportIntervalMillis: intervalMillis,
        exportTimeoutMillis: intervalMillis,
      }),
    ],
  }),
  otlp: () => ({ intervalMs: intervalMillis }),
  prometheus: () => ({ exporter: ['prometheus'], prometheus: { port: Number(port), host: '127.0.0.1' } }),
};
const logs = {
  discarded: () => ({ console: false, exporter: discarded('records') }),
  otlp: () => ({ console: false }),
  prometheus: () => ({ console: 'json', exporter: ['none'] }),
};

/** Instrumentation of the framework, which `start()` finds if the application has it installed. */
const createInstrumentation = {
  '@fastify/otel': () =>
    new (fromSdk('@fastify/otel').FastifyOtelInstrumentation)({ registerOnInitialization: true }),
  '@opentelemetry/instrumentation-express': () =>
    new (fromSdk('@opentelemetry/instrumentation-express').ExpressInstrumentation)(),
}[beside];

const sonde = start({
  engine,
  serviceName: 'bench',
  traces: {
    ...(to === 'otlp' ? {} : { exporter: discarded('spans') }),
    ...(ratio === '1' ? {} : { sampling: { ratio: Number(ratio) } }),
  },
  logs: logs[to](),
  metrics: metrics[to](),
  ...(createInstrumentation === undefined ? {} : { instrumentations: [createInstrumentation()] }),
});
const log = getLogger('bench');
globalThis.telemetry = {
  log: (id) => log.info('Looking up a user', { 'user.id': id }),
  flush: () => sonde.flush(),
  seen,
};
if (beside === '@hono/otel') {
  globalThis.telemetry.middleware = fromSdk('@hono/otel').httpInstrumentationMiddleware({
    serviceName: 'bench',
  });
}
