import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

// Each subject serves responses of each size from a separate process, which this process scrapes, interleaved.
interface Subject {
  readonly name: string;
  readonly file: string;
}

interface Stats {
  readonly longestMs: number;
  readonly longestWithoutCollectMs: number;
  readonly collectMs: number;
  readonly heapUsed: number;
}

interface Result extends Stats {
  readonly scrapeMs: number;
  readonly bytes: number;
  readonly grownBytes: number;
}

const sizes = [1000, 10_000, 100_000];
const warmUps = 5;
const scrapes = 11;
const watchedScrapes = 5;
const rounds = 3;

const subjects: readonly Subject[] = [
  { name: 'Sonde', file: join(import.meta.dirname, 'prometheus/sonde.ts') },
  { name: 'exporter-prometheus', file: join(import.meta.dirname, 'prometheus/upstream.ts') },
  { name: 'prom-client', file: join(peerFolder('prom-client'), 'scrape.mjs') },
];

async function measured({ file }: Subject, size: number): Promise<Result> {
  const child = fork(file, [String(size)], { execArgv: ['--conditions=@sonde/source', '--expose-gc'] });
  try {
    const [started]: { url: string }[] = await once(child, 'message');
    const url = started?.url ?? '';
    await inSequence(warmUps, () => scrape(url));
    const before = await ask(child, 'stats');
    const pages = await inSequence(scrapes, () => scrape(url));
    const after = await ask(child, 'watch');
    await inSequence(watchedScrapes, () => scrape(url));
    return {
      ...(await ask(child, 'stats')),
      heapUsed: after.heapUsed,
      scrapeMs: median(pages.map(({ ms }) => ms)),
      bytes: pages[0]?.bytes ?? NaN,
      grownBytes: after.heapUsed - before.heapUsed,
    };
  } finally {
    child.kill('SIGKILL');
  }
}

async function ask(child: ChildProcess, question: string): Promise<Stats> {
  child.send(question);
  const [stats]: Stats[] = await once(child, 'message');
  if (stats === undefined) throw new Error('no answer');
  return stats;
}

async function scrape(url: string): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  const [response]: IncomingMessage[] = await once(
    get(url, { headers: { accept: 'text/plain' } }),
    'response',
  );
  if (response?.statusCode !== 200) throw new Error(`${url} answers ${response?.statusCode}`);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(response, 'end');
  return { ms: performance.now() - start, bytes };
}

function medianValue(results: readonly Result[], key: keyof Result): number {
  return median(results.map((result) => result[key]));
}

async function section(size: number): Promise<string> {
  const results = new Map<string, Result[]>();
  await inSequence(rounds, () =>
    inSequence(subjects.length, async (index) => {
      const subject = subjects[index];
      if (subject === undefined) return;
      results.set(subject.name, [...(results.get(subject.name) ?? []), await measured(subject, size)]);
    }),
  );
  const base = results.get('Sonde') ?? [];
  const rows = Array.from(results, ([name, own]) => {
    const cells = [
      name,
      medianValue(own, 'scrapeMs').toFixed(1),
      `x${(medianValue(own, 'scrapeMs') / medianValue(base, 'scrapeMs')).toFixed(1)}`,
      medianValue(own, 'longestMs').toFixed(1),
      medianValue(own, 'collectMs') > 0 ? medianValue(own, 'collectMs').toFixed(1) : '-',
      medianValue(own, 'longestWithoutCollectMs').toFixed(1),
      (medianValue(own, 'bytes') / 1000).toFixed(0),
      (medianValue(own, 'heapUsed') / 1e6).toFixed(0),
      (medianValue(own, 'grownBytes') / 1e6).toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${size.toLocaleString('en')} lines`,
    '',
    '| exporter | scrape (ms) | against Sonde | longest block (ms) | of it `collect()` (ms) | longest block without it (ms) | page (kB) | heap (MB) | heap grown (MB) |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const sections = await inSequence(sizes.length, (index) => section(sizes[index] ?? 0));
const page = `# A scrape of a Prometheus page

Node ${process.version}. Half of the lines are counters, half histograms of 13 lines; each series has three labels. Each exporter runs in a
process of its own and is scraped over HTTP, ${scrapes} times after ${warmUps} to warm up, in ${rounds} rounds in turns; medians.
\`collect()\` is the metrics SDK's work before the page is written, in one block that an exporter cannot cut; prom-client has no such step. The
longest turn of the event loop is taken from five further scrapes.
Run it: \`npm run bench -- prometheus\`.

${sections.join('\n')}`;
writeResults('prometheus', page);
console.log(page);
