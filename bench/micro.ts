// Nanoseconds per operation: both engines and a peer, each in a process of its own, in turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inSequence, median } from './measure.ts';

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 7);
const own = (file: string): string => join(import.meta.dirname, 'micro', file);
const subjects = [
  { name: 'lean', command: [own('operations.ts'), 'lean'] },
  { name: 'standard', command: [own('operations.ts'), 'standard'] },
  { name: 'standard again', command: [own('operations.ts'), 'standard'] },
  { name: 'peer', command: [own('pino.ts')] },
  { name: 'lean', command: [own('measurements.ts'), 'lean'] },
  { name: 'standard', command: [own('measurements.ts'), 'standard'] },
  { name: 'standard again', command: [own('measurements.ts'), 'standard'] },
  { name: 'sdk', command: [own('measurements.ts'), 'sdk'] },
  { name: 'peer', command: [own('prom-client.ts')] },
] as const;

async function measured(command: readonly string[]): Promise<Map<string, number>> {
  const args = ['-c', '0', process.execPath, '--conditions=@sonde/source', '--min-semi-space-size=16'];
  const child = spawn('taskset', [...args, ...command], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [ns]: [string, number][][] = await once(child, 'message');
  return new Map(ns);
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
/** The median of the rounds' ratios. */
function ratio(given: readonly number[] = [], base: readonly number[] = []): string {
  return median(given.map((ns, round) => ns / (base[round] ?? Number.NaN))).toFixed(2);
}
const rows = Array.from(times, ([operation, row]) => {
  const standard = row.get('standard');
  const cells = [
    operation,
    shown(row.get('lean')),
    shown(standard),
    shown(row.get('sdk')),
    shown(row.get('peer')),
    ratio(row.get('lean'), row.get('sdk') ?? standard),
    ratio(row.get('standard again'), standard),
  ];
  return `| ${cells.join(' | ')} |`;
});
const page = `# Operations of a hot path

\`npm run bench -- micro\`: Node ${process.version}, nanoseconds of processor time per operation. Each engine runs in a process of its own on one core,
with a processor that only counts; medians of ${rounds} rounds in turns, each the median of 7 times 100,000 calls. The attributes of a call
are made in the call, unless they are frozen. The ratios are medians of the rounds' ratios; the control is the standard engine
twice. The peer of a log record is pino, which writes to a stream that keeps nothing; the record it writes is a line already, ours is
not. That of a measurement is prom-client. The standard engine's metrics are upstream's SDK behind what Sonde adds to it; the SDK alone
stands beside it, and is what the ratio is to.

| operation | lean | standard | SDK alone | peer | lean : upstream | control |
|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
writeFileSync(join(import.meta.dirname, 'results/micro.md'), page);
console.log(page);
