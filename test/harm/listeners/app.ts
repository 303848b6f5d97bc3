// Serves a large Prometheus response and a router, and prints their ports.
import { PrometheusExporter } from '@sonde/exporters';
import { createRouter } from '@sonde/router';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

const series = 7600;
const exporter = new PrometheusExporter({ port: 0, cardinalityLimit: series + 1, onNotice: () => undefined });
const provider = new MeterProvider({ readers: [exporter] });
const meter = provider.getMeter('listeners');
const requests = meter.createCounter('requests');
const durations = meter.createGauge('durations');
for (let user = 0; user < series; user++) {
  const attributes = { user, 'http.route': `/users/${user}/orders/:order` };
  requests.add(1, attributes);
  durations.record(user / 7, attributes);
}
let peakBytes = 0;
setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 20).unref();
const large = Buffer.alloc(4 * 1024 * 1024, 'x');
const router = createRouter()
  .get('/memory', () => ({ peakBytes: Math.max(peakBytes, process.memoryUsage.rss()) }))
  .get('/large', () => large)
  .post('/orders', async (c) => ({ bytes: (await c.text()).length }));
const { url } = await router.listen();
const start = await exporter.ready();
if ('error' in start) throw start.error;
console.log(JSON.stringify({ page: start.url, router: url }));
