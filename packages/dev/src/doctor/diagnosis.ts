import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../cli/usage-error.ts';
import { probeEndpoint } from './endpoint-probe.ts';
import type { Finding } from './finding.ts';
import { distinctTargets, readTargets } from './otlp-target.ts';
import { inspectProject } from './project.ts';
import { checkEndpoints, checkProject, checkRun } from './rules.ts';
import type { RunReport } from './run-report.ts';

/** How a signal fares. */
export interface SignalVerdict {
  readonly signal: 'traces' | 'metrics' | 'logs';
  /** Null when the program recorded nothing of it. */
  readonly works: boolean | null;
  /** The code of the first finding that explains a no. */
  readonly because: string | null;
  readonly made: number | null;
  readonly received: number | null;
}

/** The result of `sonde doctor`, as `--json` prints it. */
export interface Diagnosis {
  readonly schema: 1;
  readonly verdict: 'fine' | 'warnings' | 'broken';
  readonly signals: readonly SignalVerdict[];
  readonly findings: readonly Finding[];
}

const exitCodes = { fine: 0, warnings: 1, broken: 2 } as const;

export const exitCodeFor = ({ verdict }: Diagnosis): number => exitCodes[verdict];

const weights = { broken: 0, warning: 1 } as const;

function judgeSignals(findings: readonly Finding[], run: RunReport | undefined): SignalVerdict[] {
  const items = { traces: 'spans', metrics: 'points', logs: 'logs' } as const;
  const worst = findings.find(({ weight }) => weight === 'broken');
  return (['traces', 'metrics', 'logs'] as const).map((signal) => {
    const off = findings.find(
      ({ code, cause }) => code === 'SONDE_EXPORTER_NONE' && cause.includes(`_${signal.toUpperCase()}_`),
    );
    const received = run?.received[items[signal]] ?? null;
    const made =
      run === undefined
        ? null
        : Math.max(
            received ?? 0,
            run.threads.reduce((sum, thread) => sum + thread.made[items[signal]], 0),
          );
    const isSilent = off === undefined && worst === undefined && made === 0 && received === 0;
    const works = off === undefined && (received === null ? worst === undefined : received > 0);
    const because = works || isSilent ? null : (off?.code ?? worst?.code ?? null);
    return { signal, works: isSilent ? null : works, because, made, received };
  });
}

/** Examines a project; with a command, runs it. */
export async function diagnose(
  directory: string,
  {
    command,
    requests,
    environment = process.env,
  }: {
    readonly command: readonly string[];
    readonly requests: readonly string[];
    readonly environment?: NodeJS.ProcessEnv;
  },
): Promise<Diagnosis> {
  const project = inspectProject(directory, environment, command);
  if (command.length === 0 && project.entry === undefined && project.command?.runner !== 'next') {
    throw new UsageError(
      'no program is found in scripts.start or main of package.json; expected a command, as in sonde doctor -- node app.js',
    );
  }
  const found = checkProject(project);
  const isStarted = project.loads.some(({ setUp }) => setUp !== undefined);
  const targets = isStarted ? distinctTargets(readTargets(environment)) : [];
  const reports = await Promise.all(
    targets.map(async (target) =>
      Promise.race([probeEndpoint(target, project.isContainer), delay(5000, undefined, { ref: false })]),
    ),
  );
  found.push(...checkEndpoints(reports.filter((report) => report !== undefined)));
  let run: RunReport | undefined;
  if (command.length > 0) {
    // Loaded late: the receivers take time to load.
    const { runProgram } = await import('./run-program.ts');
    run = await runProgram(command, requests, directory);
    found.push(...checkRun(run, found));
  }
  const findings = found.toSorted((a, b) => weights[a.weight] - weights[b.weight]);
  const verdict = findings.length === 0 ? 'fine' : findings[0]?.weight === 'broken' ? 'broken' : 'warnings';
  return { schema: 1, verdict, signals: judgeSignals(findings, run), findings };
}
