// Nanoseconds per operation of both engines and peers, in separate processes, interleaved.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inSequence, median } from './measure.ts';
import { writeResults } from './results.ts';

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 7);

/** Maximum and target of an operation, as fractions of upstream's time. */
const floor = 1 / 4;
const goal = 1 / 8;

const own = (file: string): string => join(import.meta.dirname, 'micro', file);
const subjects = [
  { name: 'lean', command: [own('operations.ts'), 'lean'] },
  { name: 'standard', command: [own('operations.ts'), 'standard'] },
  { name: 'standard again', command: [own('operations.ts'), 'standard'] },
  { name: 'pino', command: [own('pino.ts')] },
  { name: 'lean', command: [own('measurements.ts'), 'lean'] },
  { name: 'standard', command: [own('measurements.ts'), 'standard'] },
  { name: 'standard again', command: [own('measurements.ts'), 'standard'] },
  { name: 'sdk', command: [own('measurements.ts'), 'sdk'] },
  { name: 'prom-client', command: [own('prom-client.ts')] },
] as const;
const peers = ['pino', 'prom-client'] as const;

async function measured(command: readonly string[]): Promise<Map<string, number>> {
  const args = ['-c', '0', process.execPath, '--conditions=@sonde/source', '--min-semi-space-size=16'];
  const child = spawn('taskset', [...args, ...command], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const failed = once(child, 'exit').then(([code]): never => {
    throw new Error(`${command.join(' ')} ended with ${code} and reported nothing`);
  });
  const [ns] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return new Map(ns as [string, number][]);
}

const times = new Map<string, Map<string, number[]>>();
await inSequence(rounds, () =>
  inSequence(subjects.length, async (index) => {
    const subject = subjects[index];
    if (subject === undefined) return;
    for (const [operation, ns] of await measured(subject.command)) {
      const row = times.get(operation) ?? new Map<string, number[]>();
      times.set(operation, row);
      row.set(subject.name, [...(row.get(subject.name) ?? []), ns]);
    }
  }),
);

const shown = (ns: readonly number[] | undefined): string => (ns === undefined ? '' : median(ns).toFixed(0));

/** The median of the rounds' ratios, where both were measured. */
function ratio(
  given: readonly number[] | undefined,
  base: readonly number[] | undefined,
): number | undefined {
  if (given === undefined || base === undefined) return undefined;
  return median(given.map((ns, round) => ns / (base[round] ?? Number.NaN)));
}

function verdict(part: number | undefined): string {
  if (part === undefined) return '';
  if (part <= goal) return 'goal';
  return part <= floor ? 'floor' : 'neither';
}

const rows = Array.from(times, ([operation, row]) => {
  const standard = row.get('standard');
  const part = ratio(row.get('lean'), row.get('sdk') ?? standard);
  const cells = [
    operation,
    shown(row.get('lean')),
    shown(standard),
    shown(row.get('sdk')),
    peers.flatMap((peer) => (row.has(peer) ? [`${peer} ${shown(row.get(peer))}`] : [])).join(', '),
    part?.toFixed(2) ?? '',
    verdict(part),
    ratio(row.get('standard again'), standard)?.toFixed(2) ?? '',
  ];
  return `| ${cells.join(' | ')} |`;
});
const page = `# Operations on hot paths

\`npm run bench -- micro\`: Node ${process.version}, nanoseconds of processor time per operation. Each engine runs in a separate process on one core,
with a processor that only counts and the sampler of \`start()\` with a ratio of 1 or 0.0001; medians of ${rounds} interleaved rounds, each the median of 7 times 100,000 calls. The attributes of a call
are created in the call, unless they are frozen. The ratios are medians of the rounds' ratios; the control is the standard engine,
measured twice. pino writes formatted lines to a stream that discards them; Sonde's records are not formatted. The standard engine's
metrics are upstream's SDK with the additions of Sonde; the ratio is relative to the SDK alone. The lower limit (floor) is a quarter
of upstream's time (${floor.toFixed(2)}), the goal an eighth (${goal.toFixed(3)}).

| operation | lean | standard | SDK alone | peer | lean : upstream | reaches | control |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
console.log(writeResults('micro', page));
