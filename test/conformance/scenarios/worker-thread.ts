import { endingFault, faults, workFault } from '../observation.ts';
import { promptly, type Scenario, withPage } from '../scenario.ts';

const worker = `require('node:worker_threads').parentPort.postMessage('up');`;

/** A thread of the application inherits the flags of the process, and must not set everything up once more. */
export const workerThread: Scenario = {
  title: 'worker thread: no port clash, nothing told twice',
  kind: 'cjs',
  collector: 'up',
  application: (subject, pagePort) => ({
    uses: { 'node:worker_threads': ['Worker'] },
    files: { 'worker.cjs': worker },
    body: `
      work();
      const worker = new Worker('./worker.cjs');
      worker.on('message', (message) => console.log('worker ' + message));
      worker.on('exit', () => setTimeout(() => console.log('alive'), 1200));`,
    // Upstream tells of a port that is taken only if it is asked to.
    env: { ...promptly, OTEL_LOG_LEVEL: 'error', ...withPage(subject, pagePort) },
  }),
  judge: (observation) =>
    faults(
      observation.output.includes('worker up') ? undefined : 'the worker dies',
      observation.output.includes('alive') ? undefined : 'the application dies',
      observation.output.includes('EADDRINUSE') ? 'port clash' : undefined,
      endingFault(observation, 0),
      workFault(observation, 1),
    ),
};
