import { endingFault, faults, workFault } from '../observation.ts';
import type { Scenario } from '../scenario.ts';

/** An application with a SIGTERM listener finishes its work and exits with its own code. */
export const ownListener: Scenario = {
  title: 'own SIGTERM listener stays in control, telemetry is flushed',
  kind: 'cjs',
  collector: 'up',
  application: () => ({
    uses: { 'node:http': ['createServer'] },
    body: `
      const server = createServer().listen(0, '127.0.0.1', () => { work(); console.log('ready'); });
      process.on('SIGTERM', () => {
        setTimeout(() => {
          work();
          console.log('drained');
          process.exitCode = 7;
          server.close();
        }, 800);
      });`,
  }),
  act: async (program) => {
    await program.printed('ready');
    program.kill('SIGTERM');
  },
  judge: (observation) =>
    faults(
      observation.output.includes('drained') ? undefined : 'its own shutdown is interrupted',
      endingFault(observation, 7),
      workFault(observation, 2),
    ),
};
