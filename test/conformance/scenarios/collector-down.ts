import { endingFault, faults } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';

const warning = /ECONNREFUSED|unreachable|not exported|not delivered|failed|refused/i;

/** Lost telemetry must be reported. */
export const collectorDown: Scenario = {
  title: 'Collector down: a warning is logged, and the program exits',
  kind: 'cjs',
  collector: 'down',
  application: () => ({ body: `work(); setTimeout(() => {}, 2500);`, env: promptly }),
  judge: (observation) =>
    faults(warning.test(observation.output) ? undefined : 'no warning', endingFault(observation, 0)),
};
