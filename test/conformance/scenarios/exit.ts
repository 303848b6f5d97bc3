import { kinds, type Kind } from '../../packaging/loading.ts';
import { delayFault, endingFault, faults, type Observation, workFault } from '../observation.ts';
import type { CollectorMode, Scenario } from '../scenario.ts';

interface ExitPath {
  readonly title: string;
  /** Source of the application. */
  readonly body: string;
  readonly signal?: 'SIGTERM' | 'SIGINT';
  readonly fault: (observation: Observation) => string | undefined;
}

const signals = { SIGTERM: 15, SIGINT: 2 } as const;

/** A signal must end the program by that signal or with the exit code that shells use for it. */
const signalFault =
  (signal: keyof typeof signals) =>
  (observation: Observation): string | undefined =>
    observation.ending?.signal === signal ? undefined : endingFault(observation, 128 + signals[signal]);

const crashFault = (observation: Observation): string | undefined =>
  faults(
    endingFault(observation, 1),
    observation.output.includes('RangeError: broken') ? undefined : 'the error is not printed',
  );

const serve = `createServer().listen(0, '127.0.0.1', () => { work(); console.log('leaving'); });`;

const paths: readonly ExitPath[] = [
  { title: 'SIGTERM', body: serve, signal: 'SIGTERM', fault: signalFault('SIGTERM') },
  { title: 'SIGINT', body: serve, signal: 'SIGINT', fault: signalFault('SIGINT') },
  {
    title: 'normal exit',
    body: `work(); console.log('leaving'); process.exitCode = 3;`,
    fault: (observation) => endingFault(observation, 3),
  },
  {
    title: 'process.exit()',
    body: `setTimeout(() => { work(); console.log('leaving'); process.exit(5); }, 50);`,
    fault: (observation) => endingFault(observation, 5),
  },
  {
    title: 'uncaughtException',
    body: `setTimeout(() => { work(); console.log('leaving'); throw new RangeError('broken'); }, 50);`,
    fault: crashFault,
  },
  {
    title: 'unhandledRejection',
    body: `setTimeout(() => { work(); console.log('leaving'); void Promise.reject(new RangeError('broken')); }, 50);`,
    fault: crashFault,
  },
];

const modules: Readonly<Record<Kind, string>> = { cjs: 'CommonJS', mjs: 'ES modules' };
const collectors: readonly CollectorMode[] = ['up', 'down', 'slow'];

function exitScenario(path: ExitPath, kind: Kind, collector: CollectorMode): Scenario {
  return {
    title: `${path.title}, ${modules[kind]}, Collector ${collector}`,
    kind,
    collector,
    application: () => ({ body: path.body, uses: { 'node:http': ['createServer'] } }),
    act: async (program) => {
      if (path.signal === undefined) return;
      await program.printed('leaving');
      program.kill(path.signal);
    },
    judge: (observation) =>
      faults(
        path.fault(observation),
        delayFault(observation),
        collector === 'down' ? undefined : workFault(observation, 1),
      ),
  };
}

/** At each kind of exit, telemetry is exported if the Collector is up, and the exit code does not change. */
export const exitScenarios: readonly Scenario[] = paths.flatMap((path) =>
  kinds.flatMap((kind) => collectors.map((collector) => exitScenario(path, kind, collector))),
);
