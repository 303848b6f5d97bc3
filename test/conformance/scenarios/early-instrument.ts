import { total } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';

/** A counter that is created before the SDK starts must record measurements. */
export const earlyInstrument: Scenario = {
  title: 'instrument created before start',
  kind: 'cjs',
  collector: 'up',
  application: ({ counter }) => ({
    files: {
      'early.cjs': `const { ${counter.name} } = require('${counter.module}');\nglobalThis.early = ${counter.make};\n`,
    },
    before: ['--require', './early.cjs'],
    body: `early.add(1); setTimeout(() => {}, 1500);`,
    env: promptly,
  }),
  judge: (observation) => (total(observation, 'early') === 1 ? undefined : 'its measurements are lost'),
};
