// The same measurements with prom-client.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { peerFolder } from '../peer.ts';
import { measure, report } from './report.ts';

type Labels = Readonly<Record<string, string | number>>;
interface PromClient {
  readonly Histogram: new (options: object) => { observe(labels: Labels, value: number): void };
  readonly Counter: new (options: object) => {
    inc(labels: Labels, value: number): void;
    inc(value: number): void;
  };
  readonly register: { getMetricsAsArray(): readonly unknown[] };
}
const { Counter, Histogram, register } = createRequire(join(peerFolder('prom-client'), 'package.json'))(
  'prom-client',
) as PromClient;

const labelNames = ['method', 'route', 'status'];
const histogram = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration',
  labelNames,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
});
const counter = new Counter({ name: 'http_requests_total', help: 'Requests', labelNames });
const bare = new Counter({ name: 'jobs_total', help: 'Jobs' });
const three = (): Labels => ({ method: 'GET', route: '/users/:id', status: 200 });
const frozen = Object.freeze(three());
report(
  measure({
    'histogram.record, 3 frozen attributes': () => histogram.observe(frozen, 0.0123),
    'histogram.record, 3 fresh attributes': () => histogram.observe(three(), 0.0123),
    'counter.add, 3 frozen attributes': () => counter.inc(frozen, 1),
    'counter.add, 3 fresh attributes': () => counter.inc(three(), 1),
    'counter.add, no attributes': () => bare.inc(1),
  }),
  () => register.getMetricsAsArray().length,
);
