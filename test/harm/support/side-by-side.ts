import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Ending, packageFlags, Program } from '../../support/program.ts';

/** Measurements that the probe takes inside the program; absent when a signal ended the program. */
interface ProbeReport {
  readonly longestBlockMs?: number;
  readonly peakRssBytes?: number;
}

/** Outcome of one run of a program. */
export interface Run extends ProbeReport {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
  /** The program was still running after `timeoutMs` and was killed. */
  readonly timedOut: boolean;
}

export interface SideBySideOptions {
  /** Sources by file name; `app.cjs` or `app.mjs` is the program. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables of both runs. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Variables of the run with Sonde. @default no exporter for any signal */
  readonly sondeEnv?: Readonly<Record<string, string | undefined>>;
  /** The Node.js binary of both runs. @default the one that runs the tests */
  readonly node?: string;
  /** Node.js flags of both runs. */
  readonly nodeArgs?: readonly string[];
  /** Acts on the running program, for example requests or a signal. Errors fail the test. */
  readonly drive?: (program: Program, variant: 'bare' | 'sonde') => Promise<void>;
  /** Time limit of one run. @default 90000 */
  readonly timeoutMs?: number;
}

const withoutExporters = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
};
const probe = join(import.meta.dirname, 'probe.cjs');

/**
 * Runs a program twice, without Sonde and then under `--require @sonde/otel/register`: the first run is the judgment of
 * the second.
 */
export async function sideBySide(
  t: TestContext,
  options: SideBySideOptions,
): Promise<{ bare: Run; sonde: Run }> {
  const folder = await mkdtemp(join(import.meta.dirname, '..', '..', '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(options.files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const bare = await runOnce(folder, options, 'bare');
  const sonde = await runOnce(folder, options, 'sonde');
  return { bare, sonde };
}

async function runOnce(folder: string, options: SideBySideOptions, variant: 'bare' | 'sonde'): Promise<Run> {
  const reportPath = join(folder, `probe-${variant}.json`);
  const preload = variant === 'sonde' ? ['--require', '@sonde/otel/register'] : [];
  const app = 'app.cjs' in options.files ? 'app.cjs' : 'app.mjs';
  await using program = new Program(
    options.node ?? process.execPath,
    [...packageFlags, '--require', probe, ...(options.nodeArgs ?? []), ...preload, app],
    {
      cwd: folder,
      env: {
        NODE_OPTIONS: '',
        HARM_PROBE_REPORT: reportPath,
        ...options.env,
        ...(variant === 'sonde' ? (options.sondeEnv ?? withoutExporters) : {}),
      },
    },
  );
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    program.killAll();
  }, options.timeoutMs ?? 90_000);
  try {
    // A program that the time limit ends fails its drive too: the outcome says why.
    await options.drive?.(program, variant).catch((error: unknown) => {
      if (!timedOut) throw error;
    });
    const ending = await program.ended;
    const report = await readFile(reportPath, 'utf8').then(
      (text) => JSON.parse(text) as ProbeReport,
      () => ({}),
    );
    return { ...report, ending, stdout: program.stdout, stderr: program.stderr, timedOut };
  } finally {
    clearTimeout(timer);
  }
}
