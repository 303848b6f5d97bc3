import { endingFault, faults } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';

const told = /ECONNREFUSED|unreachable|not delivered|do not reach|failed|refused/i;

/** Nobody learns from silence that telemetry is lost. */
export const collectorDown: Scenario = {
  title: 'Collector down: told on the console, and the program ends',
  kind: 'cjs',
  collector: 'down',
  application: () => ({ body: `work(); setTimeout(() => {}, 2500);`, env: promptly }),
  judge: (observation) =>
    faults(told.test(observation.output) ? undefined : 'silent', endingFault(observation, 0)),
};
