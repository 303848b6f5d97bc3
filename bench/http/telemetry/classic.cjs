// prom-client and pino: a scraped histogram and a line per request, no traces.
const { createServer } = require('node:http');
const { fromSdk } = require('../apps/from-peer.cjs');

const logger = fromSdk('pino')();
const { collectDefaultMetrics, Histogram, register } = fromSdk('prom-client');
collectDefaultMetrics();
const duration = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of requests.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
});
createServer((request, response) => void register.metrics().then((text) => response.end(text)))
  .listen(Number(process.env.BENCH_METRICS_PORT), '127.0.0.1')
  .unref();

globalThis.telemetry = {
  log: (id) => logger.info({ 'user.id': id }, 'Looking up a user'),
  flush: async () => {},
  observed: ({ method }, response, route) => {
    const stop = duration.startTimer();
    response.on('finish', () => stop({ method, route, status: response.statusCode }));
  },
};
