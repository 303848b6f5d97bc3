import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ending, Program } from '../support/program.ts';
import type { Column } from './column.ts';
import type { Outcome, SubjectState } from './outcome.ts';
import type { Tally } from './receiver/tally.ts';
import { rowRate, type Row, type Scale, type Stage } from './row.ts';

/** Limit of the time from the end of the load to the exit. */
const exitLimitMs = 60_000;

/** Short rows have shorter intervals, and more time at the end, because many run at once. */
const environment: Readonly<Record<Scale, Readonly<Record<string, string>>>> = {
  full: { OTEL_METRIC_EXPORT_INTERVAL: '2000', OTEL_METRIC_EXPORT_TIMEOUT: '2000' },
  short: {
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_BLRP_SCHEDULE_DELAY: '200',
    SONDE_EXIT_TIMEOUT: '8000',
  },
};

/** Timeout of an attempt in short rows where a receiver does not answer. */
const shortTimeout = { OTEL_EXPORTER_OTLP_TIMEOUT: '2000' };

/** A run in progress. */
interface Run {
  readonly row: Row;
  readonly column: Column;
  readonly scale: Scale;
  readonly folder: string;
  readonly stage: Stage;
}

async function prepare(folder: string, column: Column): Promise<void> {
  await symlink(await column.modules(), join(folder, 'node_modules'), 'junction');
  const files = [join(import.meta.dirname, 'subject.mjs'), ...column.files];
  await Promise.all(files.map((file) => copyFile(file, join(folder, basename(file)))));
  await mkdir(join(folder, 'spool'), { mode: 0o700 });
}

/** Starts the subject. @param seconds duration of its load */
function launch({ row, column, scale, folder, stage }: Run, seconds: number): Program {
  const { spans, logs } = rowRate(row);
  const { before, during } = row.seconds[scale];
  const subject = {
    logsModule: column.logsModule,
    stateFile: join(folder, 'state.json'),
    spansPerSecond: spans,
    logsPerSecond: logs,
    seconds,
    exhaust: row.exhaustsDescriptors === true ? [before, before + during] : undefined,
    pause: row.isIdleDuringFault === true ? [before, before + during] : undefined,
    attributeBytes: row.attributeBytes ?? 0,
    ending: row.ending ?? 'SIGTERM',
  };
  const [command, ...args] = [...(stage.wrapper ?? []), process.execPath, ...column.preload, 'subject.mjs'];
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '', ...rest } = stage.env;
  return new Program(command, args, {
    cwd: folder,
    env: {
      NODE_OPTIONS: undefined,
      NODE_EXTRA_CA_CERTS: undefined,
      ...environment[scale],
      ...(scale === 'short' && row.runsIntoTimeout === true ? shortTimeout : {}),
      ...column.env(endpoint, join(folder, 'spool')),
      ...rest,
      ...row.env,
      DELIVERY_SUBJECT: JSON.stringify(subject),
    },
  });
}

/** Begins and ends the fault at its times, which begin with the load of the subject. */
async function playFault({ row, scale, stage }: Run, isOver: AbortSignal): Promise<void> {
  const { before, during } = row.seconds[scale];
  const options = { signal: isOver };
  try {
    await delay(before * 1000, undefined, options);
    if (during === 0) return;
    if (before > 0) await stage.fail();
    if (row.endsFaulty === true) return;
    await delay(during * 1000, undefined, options);
    await stage.recover();
  } catch (error) {
    if (!isOver.aborted) throw error;
  }
}

/** Waits for the exit of a program, and kills it at the limit. */
async function ending(program: Program): Promise<Ending | undefined> {
  const limit = new AbortController();
  const overdue = delay(exitLimitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  const ended = await Promise.race([program.ended, overdue]);
  limit.abort();
  program.killAll();
  await program.ended;
  return ended;
}

/** Waits until everything has arrived, or half a minute has passed. */
async function arrival(tally: Tally, { spans, logs, counts }: SubjectState): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (tally.spans.distinct >= spans && tally.logs.distinct >= logs && tally.counts >= counts) return;
    await delay(100);
  }
}

/** Runs the subject again without load, as after a restart, until everything has arrived or half a minute has passed. */
async function restart(run: Run, state: SubjectState): Promise<string> {
  await run.stage.recover();
  await using program = launch({ ...run, row: { ...run.row, ending: 'SIGTERM' } }, 0);
  await arrival(run.stage.receiver.tally, state);
  program.kill('SIGTERM');
  await ending(program);
  return program.stderr;
}

/** The lines on stderr that are about telemetry, each once, without the start-up line and stacks. */
function linesIn(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.trim());
  const kept = lines.filter(
    (line) =>
      /otlp|export|span|telemetry|refused|timeout|status|econn/i.test(line) &&
      !/^at |^sonde \d|^sonde dev\b/.test(line),
  );
  return [...new Set(kept)];
}

/** Runs one row with one column. @returns undefined if a tool that the row needs is missing */
export async function runRow(row: Row, column: Column, scale: Scale): Promise<Outcome | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-delivery-'));
  try {
    await prepare(folder, column);
    await using stage = await row.stage(scale, folder);
    if (stage === undefined) return undefined;
    return await observe({ row, column, scale, folder, stage });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function observe(run: Run): Promise<Outcome> {
  const { row, column, scale, folder, stage } = run;
  const { before, during, after } = row.seconds[scale];
  if (before === 0 && during > 0) await stage.fail();
  await using program = launch(run, before + during + after);
  await program.printed('ready');
  const over = new AbortController();
  const fault = playFault(run, over.signal);
  await program.printed('finished');
  const finishedMs = performance.now();
  const { ending: end = 'SIGTERM' } = row;
  // A busy machine may end the fault late. A subject that awaits a signal has the time.
  if (end === 'SIGTERM') await fault;
  if (end === 'SIGTERM' || end === 'SIGKILL') program.kill(end);
  const ended = await ending(program);
  const endedAfterMs = Math.round(performance.now() - finishedMs);
  over.abort();
  await fault;
  const stateFile = join(folder, 'state.json');
  const state = JSON.parse(await readFile(stateFile, 'utf8')) as SubjectState;
  const { tally } = stage.receiver;
  if (stage.forwardsLater === true) await arrival(tally, state);
  const isComplete = tally.spans.distinct === state.spans && tally.logs.distinct === state.logs;
  const restarted = column.spools === true && !isComplete ? await restart(run, state) : '';
  await stage[Symbol.asyncDispose]();
  const { firstRssMb, peakRssMb, longestBlockMs } = state;
  const delivery = (sent: number, { distinct, duplicates }: (typeof tally)['spans']): Outcome['spans'] => ({
    sent,
    delivered: distinct,
    lost: sent - distinct,
    duplicated: duplicates,
  });
  return {
    spans: delivery(state.spans, tally.spans),
    logs: delivery(state.logs, tally.logs),
    counts: { sent: state.counts, delivered: tally.counts, lost: state.counts - tally.counts },
    firstRssMb,
    peakRssMb,
    longestBlockMs,
    ending: ended,
    endedAfterMs,
    said: linesIn((program.stderr + restarted).replaceAll(folder, '<folder>')),
  };
}
