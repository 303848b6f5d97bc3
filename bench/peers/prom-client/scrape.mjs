import { createServer } from 'node:http';

import client from 'prom-client';

import { boundaries, fill, format, lines, report } from '../../prometheus/subject.ts';

if (format === 'openmetrics') client.register.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
const labelNames = ['method', 'route', 'status'];
const counter = new client.Counter({ name: 'http_requests_total', help: 'Requests', labelNames });
const histogram = new client.Histogram({
  name: 'http_duration_seconds',
  help: 'Duration',
  labelNames,
  buckets: boundaries,
});
fill(lines, {
  count: (labels) => counter.inc(labels, 1),
  observe: (seconds, labels) => histogram.observe(labels, seconds),
});
const server = createServer(async (request, response) => {
  response.setHeader('content-type', client.register.contentType);
  response.end(await client.register.metrics());
}).listen(0, '127.0.0.1', () => report(`http://127.0.0.1:${server.address().port}/metrics`));
