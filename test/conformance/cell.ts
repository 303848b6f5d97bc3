import { copyFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { program as source } from '../packaging/loading.ts';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { type Ending, Program } from '../support/program.ts';
import { endedSpans, type Observation } from './observation.ts';
import type { Application, Scenario } from './scenario.ts';
import type { Subject } from './subject.ts';

/** Result of a cell. */
export interface Verdict {
  readonly mark: 'passes' | 'fails' | 'n/a';
  /** A few words; empty if the cell passes. */
  readonly reason: string;
  /** Output of the program. */
  readonly output: string;
}

const slowMs = 500;

const telemetry = `
const emit = (body) => logs.getLogger('app').emit({ severityNumber: 9, severityText: 'INFO', body });
const counted = metrics.getMeter('app').createCounter('app.work');
const work = () => {
  trace.getTracer('app').startSpan('work').end();
  emit('worked');
  counted.add(1);
};
`;

function selectSource(application: Application, scenario: Scenario, subject: Subject): string {
  const api = ['trace', 'metrics'];
  const uses = {
    ...application.uses,
    '@opentelemetry/api': api,
    [subject.logsModule]: subject.logsModule === '@opentelemetry/api' ? [...api, 'logs'] : ['logs'],
  };
  return source(scenario.kind, uses, telemetry + application.body);
}

/** Creates a project with the subject installed and starts the program. */
async function launch(
  scenario: Scenario,
  subject: Subject,
  folder: string,
  endpoint: string,
  prometheusPort: number,
): Promise<Program> {
  await symlink(await subject.modules(), join(folder, 'node_modules'), 'junction');
  const setupFiles = (await readdir(subject.files)).filter((file) => file.startsWith('instrument.'));
  await Promise.all(setupFiles.map((file) => copyFile(join(subject.files, file), join(folder, file))));
  const application = scenario.application(subject, prometheusPort);
  const main = `app.${scenario.kind}`;
  const contents = {
    'package.json': '{ "name": "conformance", "version": "1.0.0" }',
    ...application.files,
    [main]: selectSource(application, scenario, subject),
  };
  for (const [file, content] of Object.entries(contents)) await writeFile(join(folder, file), content);
  return new Program(
    process.execPath,
    [...(application.before ?? []), ...subject.preload[scenario.kind], main],
    { cwd: folder, env: { NODE_OPTIONS: undefined, ...subject.env(endpoint), ...application.env } },
  );
}

/** Waits for the exit of the program, and kills it at the time limit. */
async function ending(program: Program, act: Promise<void>, limitMs: number): Promise<Ending | undefined> {
  const limit = new AbortController();
  const overdue = setTimeout(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  const ended = await Promise.race([program.ended, overdue]);
  limit.abort();
  await program[Symbol.asyncDispose]();
  await Promise.race([act, Promise.resolve()]);
  return ended;
}

async function holdPort(port: number): Promise<AsyncDisposable> {
  const holder = createServer().listen(port, '127.0.0.1');
  await once(holder, 'listening');
  return holder;
}

async function observe(scenario: Scenario, subject: Subject, limitMs: number): Promise<Observation> {
  await using sink = await OtlpSink.start(0, { answerAfterMs: scenario.collector === 'slow' ? slowMs : 0 });
  const endpoint = scenario.collector === 'down' ? `http://127.0.0.1:${await freePort()}` : sink.url;
  const prometheusPort = await freePort();
  const holder = scenario.isPrometheusPortInUse === true ? await holdPort(prometheusPort) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sonde-conformance-'));
  try {
    const program = await launch(scenario, subject, folder, endpoint, prometheusPort);
    let leftAt: number | undefined;
    const leaving = program.printed('leaving').then(
      () => (leftAt = performance.now()),
      () => undefined,
    );
    const act = scenario.act?.(program, sink) ?? Promise.resolve();
    // A program that exits early is judged by the same criteria.
    const ended = await ending(
      program,
      act.catch(() => {}),
      limitMs,
    );
    const endedAt = performance.now();
    await leaving;
    await sink.settled();
    const { logs, metrics } = sink;
    const spans = endedSpans(sink.spans);
    const endedAfterMs = leftAt === undefined || ended === undefined ? undefined : endedAt - leftAt;
    return { ending: ended, endedAfterMs, output: program.output, spans, logs, metrics };
  } finally {
    await holder?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs one cell: a real program with the setup of the subject against a real OTLP receiver.
 *
 * @param limitMs time limit, after which the program is killed and counts as one that does not exit
 */
export async function judgeCell(scenario: Scenario, subject: Subject, limitMs: number): Promise<Verdict> {
  const missing = scenario.lacks?.(subject);
  if (missing !== undefined) return { mark: 'n/a', reason: missing, output: '' };
  const observation = await observe(scenario, subject, limitMs);
  const reason = scenario.judge(observation);
  return {
    mark: reason === undefined ? 'passes' : 'fails',
    reason: reason ?? '',
    output: observation.output,
  };
}
