import type { Scenario } from '../scenario.ts';
import { promptly } from '../scenario.ts';

const told = /ECONNREFUSED|unreachable|not delivered|do not reach|failed|refused/i;

/** Nobody learns from silence that telemetry is lost. */
export const collectorDown: Scenario = {
  title: 'Collector down: told on the console',
  kind: 'cjs',
  collector: 'down',
  application: () => ({ body: `work(); setTimeout(() => {}, 2500);`, env: promptly }),
  judge: ({ output }) => (told.test(output) ? undefined : 'silent'),
};
