// The classic pair: metrics for Prometheus on a page, log lines on stdout, no traces.
const { createServer } = require('node:http');
const pino = require('pino');
const { collectDefaultMetrics, register } = require('prom-client');

globalThis.log = pino();
collectDefaultMetrics();
createServer(async (request, response) => response.end(await register.metrics())).listen(0, '127.0.0.1').unref();
