import { endingFault, faults } from '../observation.ts';
import { lacksPage, promptly, type Scenario, withPage } from '../scenario.ts';

/** The port of the page for Prometheus belongs to somebody else: the operator learns it, the application lives. */
export const portTaken: Scenario = {
  title: 'Prometheus port taken: told, the application lives',
  kind: 'cjs',
  collector: 'up',
  pagePortTaken: true,
  lacks: lacksPage,
  application: (subject, pagePort) => ({
    body: `setTimeout(() => console.log('alive'), 1500);`,
    env: { ...promptly, ...withPage(subject, pagePort) },
  }),
  judge: (observation) =>
    faults(
      endingFault(observation, 0),
      observation.output.includes('alive') ? undefined : 'the application dies',
      /EADDRINUSE|in use|is taken/i.test(observation.output) ? undefined : 'silent',
    ),
};
