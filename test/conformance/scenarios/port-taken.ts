import { endingFault, faults } from '../observation.ts';
import { lacksPrometheus, promptly, type Scenario, withPrometheus } from '../scenario.ts';

/** If another process uses the Prometheus port, a warning is logged and the application keeps running. */
export const portTaken: Scenario = {
  title: 'Prometheus port in use: a warning is logged, the application runs',
  kind: 'cjs',
  collector: 'up',
  isPrometheusPortInUse: true,
  lacks: lacksPrometheus,
  application: (subject, prometheusPort) => ({
    body: `setTimeout(() => console.log('alive'), 1500);`,
    env: { ...promptly, ...withPrometheus(subject, prometheusPort) },
  }),
  judge: (observation) =>
    faults(
      endingFault(observation, 0),
      observation.output.includes('alive') ? undefined : 'the application dies',
      /EADDRINUSE|in use|is taken/i.test(observation.output) ? undefined : 'no warning',
    ),
};
