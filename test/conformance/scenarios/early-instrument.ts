import { total } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';

/** A counter that was made before anything was set up counts all the same. */
export const earlyInstrument: Scenario = {
  title: 'instrument made before start',
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
  judge: (observation) => (total(observation, 'early') === 1 ? undefined : 'its counts are lost'),
};
