import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

// Subjects write the same lines from separate processes, to /dev/null and to a file, interleaved.
interface Subject {
  readonly name: string;
  readonly file: string;
  readonly argument?: string;
}

const rounds = 3;
const own = (file: string): string => join(import.meta.dirname, 'console', file);
const peer = (name: string): string => join(peerFolder(name), 'lines.mjs');

const subjects: readonly Subject[] = [
  { name: 'Sonde, json', file: own('sonde.ts'), argument: 'json' },
  { name: 'Sonde, pretty', file: own('sonde.ts'), argument: 'pretty' },
  {
    name: 'Sonde, Python format',
    file: own('sonde.ts'),
    argument: '%(asctime)s - %(levelname)s - %(message)s',
  },
  { name: "Sonde's exporter alone, json", file: own('exporter.ts'), argument: 'json' },
  { name: 'pino', file: peer('pino'), argument: 'sync' },
  { name: 'pino, asynchronous', file: peer('pino'), argument: 'async' },
  { name: 'winston', file: peer('winston') },
];

async function nsPerLine({ file, argument }: Subject, path: string): Promise<number> {
  const descriptor = openSync(path, 'w');
  const child = fork(file, argument === undefined ? [] : [argument], {
    execArgv: ['--conditions=@sonde/source'],
    stdio: ['ignore', descriptor, 'inherit', 'ipc'],
  });
  closeSync(descriptor);
  const [result]: { nsPerLine: number }[] = await once(child, 'message');
  child.kill('SIGKILL');
  if (path !== '/dev/null' && statSync(path).size === 0) throw new Error(`${file} wrote nothing`);
  return result?.nsPerLine ?? NaN;
}

const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const times = new Map<string, { discarded: number[]; toFile: number[] }>();
await inSequence(rounds, () =>
  inSequence(subjects.length, async (index) => {
    const subject = subjects[index];
    if (subject === undefined) return;
    const known = times.get(subject.name) ?? { discarded: [], toFile: [] };
    known.discarded.push(await nsPerLine(subject, '/dev/null'));
    known.toFile.push(await nsPerLine(subject, join(folder, 'lines')));
    times.set(subject.name, known);
  }),
);
rmSync(folder, { recursive: true });

const base = times.get('pino')?.toFile ?? [];
const rows = Array.from(times, ([name, { discarded, toFile }]) => {
  const cells = [
    name,
    median(discarded).toFixed(0),
    median(toFile).toFixed(0),
    `x${(median(toFile) / median(base)).toFixed(2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
});
const page = `# A line on the console

Node ${process.version}. 200,000 equal lines with three attributes, fifty in each turn of the event loop; nanoseconds for a line until all
are written, medians of ${rounds} rounds in turns. Sonde's lines pass the whole OpenTelemetry pipeline of the upstream SDK, logger and processor
included; "exporter alone" measures only the exporter. Run it: \`npm run bench -- console\`.

| logger | to /dev/null (ns) | to a file (ns) | to a file, against pino |
|---|---|---|---|
${rows.join('\n')}
`;
writeResults('console', page);
console.log(page);
