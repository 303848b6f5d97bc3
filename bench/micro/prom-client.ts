// prom-client's part of the comparison: the same measurements into its registry.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { peerFolder } from '../peer.ts';
import { measure, report } from './report.ts';

type Labels = Readonly<Record<string, string | number>>;
interface Options {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}
interface Client {
  readonly Counter: new (options: Options) => { inc(labels: Labels, value: number): void };
  readonly Histogram: new (options: Options) => { observe(labels: Labels, value: number): void };
  readonly register: { getMetricsAsJSON(): Promise<readonly { readonly values: readonly object[] }[]> };
}

const client = createRequire(join(peerFolder('prom-client'), 'package.json'))('prom-client') as Client;
const labelNames = ['method', 'route', 'status'];
const counter = new client.Counter({ name: 'requests', help: 'Requests.', labelNames });
const histogram = new client.Histogram({ name: 'duration', help: 'Duration.', labelNames });
const three = (): Labels => ({ method: 'GET', route: '/users/:id', status: 200 });
const frozen = Object.freeze(three());

const ns = measure({
  'histogram.record, 3 fresh attributes': () => histogram.observe(three(), 0.005),
  'histogram.record, 3 frozen attributes': () => histogram.observe(frozen, 0.005),
  'counter.add, 3 fresh attributes': () => counter.inc(three(), 1),
  'counter.add, 3 frozen attributes': () => counter.inc(frozen, 1),
});
const metrics = await client.register.getMetricsAsJSON();
report(ns, () => metrics.reduce((sum, { values }) => sum + values.length, 0));
