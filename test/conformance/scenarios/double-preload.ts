import { endingFault, faults, workFault } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';
import { serverSpans } from './server-spans.ts';

/** The setup is preloaded with NODE_OPTIONS, as by a platform, and again on the command line. */
export const doublePreload: Scenario = {
  title: 'double preload: no duplicate telemetry',
  kind: 'cjs',
  collector: 'up',
  application: ({ preloadAgain }) => ({
    uses: { 'node:http': ['createServer', 'get'] },
    body: `
      work();
      const server = createServer((request, response) => response.end('hello'));
      server.listen(0, '127.0.0.1', () => {
        get({ port: server.address().port, agent: false }, (response) => {
          response.resume();
          setTimeout(() => server.close(), 1500);
        });
      });`,
    env: { ...promptly, NODE_OPTIONS: preloadAgain.join(' ') },
  }),
  judge: (observation) => {
    const { length } = serverSpans(observation.spans);
    return faults(
      endingFault(observation, 0),
      workFault(observation, 1),
      length === 1 ? undefined : `${length} server spans for one request`,
    );
  },
};
