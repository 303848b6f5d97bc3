import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { PrometheusExporter } from '@sonde/exporters';
import { LeanMeterProvider } from '@sonde/sdk';

import { boundaries, fill, lines, report } from './subject.ts';

const exporter = new PrometheusExporter({ port: 0, cardinalityLimit: 1_000_000, scopeInfo: false });
const provider =
  process.argv[4] === 'standard'
    ? new MeterProvider({ readers: [exporter] })
    : new LeanMeterProvider({ readers: [exporter], cardinalityLimit: 1_000_000 });
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
const start = await exporter.ready();
if ('error' in start) throw start.error;
report(start.url);
