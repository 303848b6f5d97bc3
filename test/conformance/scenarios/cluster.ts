import { total } from '../observation.ts';
import { type Application, lacksPrometheus, promptly, type Scenario, withPrometheus } from '../scenario.ts';

const requests = 40;
const scrapes = 6;

/** Two workers on one port count requests; the primary scrapes the Prometheus endpoint and disconnects. */
const body = `
  if (cluster.isPrimary) {
    const read = (url) => new Promise((resolve) => {
      get(url, { agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text));
      }).on('error', () => resolve(''));
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
    const listening = [cluster.fork(), cluster.fork()].map(
      (worker) => new Promise((resolve) => worker.once('listening', resolve)),
    );
    const [{ port }] = await Promise.all(listening);
    for (let i = 0; i < ${requests}; i++) await read('http://127.0.0.1:' + port + '/');
    await pause();
    for (let i = 0; i < ${scrapes}; i++) {
      await pause();
      const page = await read('http://127.0.0.1:' + process.env.PROMETHEUS_PORT + '/metrics');
      const lines = page.split('\\n').filter((line) => line.startsWith('app_served'));
      console.log('page: ' + lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0) + ';');
    }
    cluster.disconnect();
  } else {
    const served = metrics.getMeter('app').createCounter('app.served');
    createServer((request, response) => {
      served.add(1);
      response.end();
    }).listen(0, '127.0.0.1');
  }
`;

const application = (env: Readonly<Record<string, string>>): Application => ({
  uses: { 'node:http': ['createServer', 'get'] },
  // The default export is the cluster module in both module systems.
  body: `const { default: cluster } = await import('node:cluster');${body}`,
  env: { ...promptly, ...env },
});

/** The sum over all workers equals the number of requests, over OTLP and in each scrape. */
export const clusterScenarios: readonly Scenario[] = [
  {
    title: `cluster of two workers: ${requests} requests over OTLP`,
    kind: 'cjs',
    collector: 'up',
    application: () => application({ PROMETHEUS_PORT: '1' }),
    judge: (observation) => {
      const seen = total(observation, 'app.served');
      return seen === requests ? undefined : `${seen} of ${requests}`;
    },
  },
  {
    title: `cluster of two workers: ${requests} requests on each scrape of /metrics`,
    kind: 'cjs',
    collector: 'up',
    lacks: lacksPrometheus,
    application: (subject, prometheusPort) =>
      application({ PROMETHEUS_PORT: String(prometheusPort), ...withPrometheus(subject, prometheusPort) }),
    judge: ({ output }) => {
      const seen = [...output.matchAll(/page: (\d+);/g)].map(([, sum]) => Number(sum));
      const right = seen.length === scrapes && seen.every((sum) => sum === requests);
      return right ? undefined : `${[...new Set(seen)].join(', ') || 'none'} of ${requests}`;
    },
  },
];
