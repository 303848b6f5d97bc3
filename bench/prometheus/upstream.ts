import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { boundaries, fill, lines, report } from './subject.ts';

const port = 20_000 + (process.pid % 20_000);
const exporter = new PrometheusExporter({
  port,
  host: '127.0.0.1',
  preventServerStart: true,
  withoutScopeInfo: true,
});
exporter.selectCardinalityLimit = () => 1_000_000;
const provider = new MeterProvider({ readers: [exporter] });
const meter = provider.getMeter('bench');
const counter = meter.createCounter('http.requests', { description: 'Requests' });
const histogram = meter.createHistogram('http.duration', {
  description: 'Duration',
  unit: 's',
  advice: { explicitBucketBoundaries: boundaries },
});
fill(lines, {
  count: (labels) => counter.add(1, labels),
  observe: (seconds, labels) => histogram.record(seconds, labels),
});
await exporter.startServer();
report(`http://127.0.0.1:${port}/metrics`);
