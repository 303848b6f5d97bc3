import { endingFault, faults, workFault } from '../observation.ts';
import { promptly, type Scenario, withPrometheus } from '../scenario.ts';

const worker = `require('node:worker_threads').parentPort.postMessage('up');`;

/** A worker thread inherits the flags of the process and must not start a second pipeline. */
export const workerThread: Scenario = {
  title: 'worker thread: no port conflict, no duplicate telemetry',
  kind: 'cjs',
  collector: 'up',
  application: (subject, prometheusPort) => ({
    uses: { 'node:worker_threads': ['Worker'] },
    files: { 'worker.cjs': worker },
    body: `
      work();
      const worker = new Worker('./worker.cjs');
      worker.on('message', (message) => console.log('worker ' + message));
      worker.on('exit', () => setTimeout(() => console.log('alive'), 1200));`,
    // Upstream reports a port in use only at this log level.
    env: { ...promptly, OTEL_LOG_LEVEL: 'error', ...withPrometheus(subject, prometheusPort) },
  }),
  judge: (observation) =>
    faults(
      observation.output.includes('worker up') ? undefined : 'the worker dies',
      observation.output.includes('alive') ? undefined : 'the application dies',
      observation.output.includes('EADDRINUSE') ? 'port conflict' : undefined,
      endingFault(observation, 0),
      workFault(observation, 1),
    ),
};
