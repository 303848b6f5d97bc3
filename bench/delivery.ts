import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Load } from './delivery/program.ts';
import { type Child, endChild, seenBy, startChild } from './http/child.ts';
import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

// Every subject records the same spans at the same rate, interleaved; the program on one core, the receiver on the other.
interface Subject {
  readonly name: string;
  readonly preload: readonly string[];
  /** @param folder an empty directory */
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
}

interface Part {
  readonly delayMs: number;
  readonly load: Load;
  /** Whether the threads of the program may use both cores: on a single one, a worker thread can only take turns. */
  readonly hasBothCores?: boolean;
}

interface Result {
  readonly spansPerSecond: number;
  readonly lost: number;
  readonly megabytesPerSecond: number;
  readonly cpuMicrosPerSpan: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly rssMb: number;
}

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 3);
const [receiverCore, programCore] = [0, 1];

const sonde = ['--require', '@sonde/otel/register'];
const bare: Subject = { name: 'no SDK', preload: [] };
const upstream = { name: 'sdk-node', preload: ['--require', join(peerFolder('sdk-node'), 'preload.cjs')] };
/** The folder of another build of Sonde, to compare with. Its packages are built. */
const otherBuild = process.env['SONDE_BENCH_BUILD'];
const otherName = process.env['SONDE_BENCH_BUILD_NAME'] ?? 'another build';
const other: readonly Subject[] =
  otherBuild === undefined
    ? []
    : [
        {
          name: `Sonde, ${otherName}`,
          preload: ['--require', join(otherBuild, 'packages/otel/dist/register.cjs')],
        },
      ];
const subjects: readonly Subject[] = [
  bare,
  { name: 'Sonde, memory', preload: sonde },
  {
    name: 'Sonde, spool',
    preload: sonde,
    env: (folder) => ({ SONDE_OTLP_SPOOL_DIR: join(folder, 'spool') }),
  },
  { name: 'Sonde, worker', preload: sonde, env: () => ({ SONDE_OTLP_WORKER: 'true' }) },
  ...other,
  upstream,
];

const parts = {
  latency: { delayMs: 100, load: { spansPerSecond: 20_000, seconds: 4, attributeBytes: 0 } },
  bytes: {
    delayMs: 0,
    load: { spansPerSecond: 5000, seconds: 6, attributeBytes: 2000 },
    hasBothCores: true,
  },
  cost: { delayMs: 0, load: { spansPerSecond: 10_000, seconds: 5, attributeBytes: 0 } },
} satisfies Record<string, Part>;
type PartName = keyof typeof parts;

/** Starts the program. @returns what it reports at the end of its load */
async function runProgram(
  subject: Subject,
  { load, hasBothCores = false }: Part,
  url: string,
  folder: string,
): Promise<{ child: ChildProcess; made: number; begunMs: number }> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:OTEL|SONDE|BENCH)_/.test(name));
  const program = join(import.meta.dirname, 'delivery/program.ts');
  const cores = hasBothCores ? `${receiverCore},${programCore}` : String(programCore);
  const args = ['-c', cores, process.execPath, ...subject.preload, program];
  const child = spawn('taskset', args, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...Object.fromEntries(inherited),
      OTEL_SERVICE_NAME: 'bench',
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      ...subject.env?.(folder),
      BENCH_LOAD: JSON.stringify(load),
    },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${subject.name} ended with ${code}`);
  });
  const [report] = (await Promise.race([once(child, 'message'), ended])) as [
    { made: number; begunMs: number },
  ];
  ended.catch(() => {});
  return { child, ...report };
}

const patienceMs = 2500;

/** Waits until everything has arrived, or nothing has arrived for some seconds. */
async function allReceived(sink: Child, made: number, endMs: number): Promise<Record<string, number>> {
  for (;;) {
    const received = (await seenBy(sink)) as Record<string, number>;
    const { spans = 0, lastMs = 0 } = received;
    if (spans >= made || Date.now() - Math.max(lastMs, endMs) > patienceMs) return received;
    await delay(50);
  }
}

async function measure(subject: Subject, part: Part): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  const sink = await startChild({
    processor: receiverCore,
    args: ['--conditions=@sonde/source', join(import.meta.dirname, 'delivery/sink.ts'), String(part.delayMs)],
  });
  const { child, made, begunMs } = await runProgram(subject, part, sink.url, folder);
  try {
    const isBare = subject === bare;
    const received = await allReceived(sink, isBare ? 0 : made, begunMs + part.load.seconds * 1000);
    const own = (await seenBy({ process: child, url: '' })) as Record<string, number>;
    const { spans = 0, bytes = 0, lastMs = begunMs } = received;
    // The second of the warm-up counts, because its spans do.
    const seconds = (lastMs - begunMs) / 1000 + 1;
    return {
      spansPerSecond: spans / seconds,
      lost: isBare ? 0 : (made - spans) / made,
      megabytesPerSecond: bytes / seconds / 1e6,
      cpuMicrosPerSpan: (own['cpuMicros'] ?? NaN) / (own['measured'] ?? NaN),
      p99Ms: own['p99Ms'] ?? NaN,
      maxMs: own['maxMs'] ?? NaN,
      rssMb: own['rssMb'] ?? NaN,
    };
  } finally {
    child.kill('SIGKILL');
    await endChild(sink);
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = new Map<string, Record<PartName, Result[]>>(
  subjects.map(({ name }) => [name, { latency: [], bytes: [], cost: [] }]),
);
await inSequence(rounds, async () => {
  for (const name of Object.keys(parts) as PartName[]) {
    for (const subject of subjects) {
      const result = await measure(subject, parts[name]);
      results.get(subject.name)?.[name].push(result);
      console.error(`${name}, ${subject.name}: ${JSON.stringify(result)}`);
    }
  }
});

const value = (subject: Subject, part: PartName, key: keyof Result): number =>
  median((results.get(subject.name)?.[part] ?? []).map((result) => result[key]));
const base = value(bare, 'cost', 'cpuMicrosPerSpan');
const added = (subject: Subject): number => value(subject, 'cost', 'cpuMicrosPerSpan') - base;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const measured = subjects.filter((subject) => subject !== bare);

const page = `# Delivery

Node ${process.version}. Spans with eight attributes at a fixed rate; the program is pinned to one core with all its threads, the receiver to another; medians of
${rounds} rounds in turns, each after one second of warm-up. Queues and batches have the defaults of each SDK, except that spans are exported once a second. Run it: \`npm run bench -- delivery\`.

The receiver responds after 100 ms; 20,000 spans per second are recorded for five seconds:

| SDK | arrive per second | lost |
|---|---|---|
${measured
  .map((subject) =>
    row([
      subject.name,
      Math.round(value(subject, 'latency', 'spansPerSecond')).toLocaleString('en'),
      `${(value(subject, 'latency', 'lost') * 100).toFixed(0)} %`,
    ]),
  )
  .join('\n')}

5,000 spans per second with an attribute of 2 kB, which are 11 MB per second; delays of the event loop are those of timers of 1 ms. Here the program may use both cores, as a worker thread
needs:

| SDK | arrives (MB/s) | lost | event-loop delay, 99th percentile (ms) | longest (ms) | memory (MB) |
|---|---|---|---|---|---|
${subjects
  .map((subject) =>
    row([
      subject.name,
      subject === bare ? '' : value(subject, 'bytes', 'megabytesPerSecond').toFixed(1),
      subject === bare ? '' : `${(value(subject, 'bytes', 'lost') * 100).toFixed(0)} %`,
      value(subject, 'bytes', 'p99Ms').toFixed(1),
      value(subject, 'bytes', 'maxMs').toFixed(0),
      value(subject, 'bytes', 'rssMb').toFixed(0),
    ]),
  )
  .join('\n')}

Processor time of a span from its start to the response of the receiver, all threads of the process, at 10,000 spans per second; the program without SDK is
subtracted:

| SDK | per span (µs) | against sdk-node | lost |
|---|---|---|---|
${measured
  .map((subject) =>
    row([
      subject.name,
      added(subject).toFixed(1),
      `x${(added(subject) / added(upstream)).toFixed(2)}`,
      `${(value(subject, 'cost', 'lost') * 100).toFixed(0)} %`,
    ]),
  )
  .join('\n')}
`;
console.log(writeResults('delivery', page));
