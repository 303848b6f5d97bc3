import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import type { Statistics } from './prometheus/subject.ts';
import { writeResults } from './results.ts';

// Each subject serves pages of one size and format from a separate process, which this process scrapes, interleaved.
interface Subject {
  readonly name: string;
  readonly file: string;
  readonly formats: readonly Format[];
  /** The argument after size and format. */
  readonly variant?: string;
}

type Format = keyof typeof accepted;

interface Result {
  readonly scrapeMs: number;
  readonly cpuMs: number;
  readonly tenMs: number;
  readonly tenCpuMs: number;
  readonly gzipCpuMs: number;
  readonly tenGzipCpuMs: number;
  readonly longestMs: number;
  readonly peakBytes: number;
  readonly heapBytes: number;
  readonly bytes: number;
}

const accepted = {
  text: 'text/plain',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
  protobuf: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
};
const pages: readonly (readonly [lines: number, format: Format])[] = [
  [1000, 'text'],
  [100_000, 'text'],
  [100_000, 'openmetrics'],
  [100_000, 'protobuf'],
];
const warmUps = 4;
const scrapes = 9;
const furtherScrapes = 3;
const rushes = 2;
const scrapers = 10;
const rounds = 3;

const sonde = join(import.meta.dirname, 'prometheus/sonde.ts');
const subjects: readonly Subject[] = [
  { name: 'Sonde', file: sonde, formats: ['text', 'openmetrics', 'protobuf'] },
  {
    name: 'Sonde, standard engine',
    file: sonde,
    formats: ['text', 'openmetrics', 'protobuf'],
    variant: 'standard',
  },
  {
    name: 'exporter-prometheus',
    file: join(import.meta.dirname, 'prometheus/upstream.ts'),
    formats: ['text'],
  },
  {
    name: 'prom-client',
    file: join(peerFolder('prom-client'), 'scrape.mjs'),
    formats: ['text', 'openmetrics'],
  },
];

async function withSubject<Value>(
  { file, variant = '' }: Subject,
  [lines, format]: readonly [number, Format],
  flags: readonly string[],
  measure: (child: ChildProcess, url: string) => Promise<Value>,
): Promise<Value> {
  const execArgv = ['--conditions=@sonde/source', '--expose-gc', ...flags];
  const child = fork(file, [String(lines), format, variant], { execArgv });
  try {
    const [started]: { url: string }[] = await once(child, 'message');
    const url = started?.url ?? '';
    await inSequence(warmUps, () => scrape(url, format));
    return await measure(child, url);
  } finally {
    child.kill('SIGKILL');
  }
}

async function measured(subject: Subject, page: readonly [number, Format]): Promise<Result> {
  const [, format] = page;
  const times = await withSubject(subject, page, [], async (child, url) => {
    await ask(child, 'statistics');
    const alone = await inSequence(scrapes, () => scrape(url, format));
    const { cpuMs } = await ask(child, 'statistics');
    const together = await inSequence(rushes, () => scrapeTogether(url, format));
    const { cpuMs: togetherMs } = await ask(child, 'statistics');
    await inSequence(furtherScrapes, () => scrape(url, format, 'gzip'));
    const { cpuMs: gzipMs } = await ask(child, 'statistics');
    await inSequence(rushes, () => scrapeTogether(url, format, 'gzip'));
    const { cpuMs: gzipTogetherMs } = await ask(child, 'watch');
    await inSequence(furtherScrapes, () => scrape(url, format));
    const { longestMs, heapBytes } = await ask(child, 'statistics');
    return {
      scrapeMs: median(alone.map(({ ms }) => ms)),
      cpuMs: cpuMs / scrapes,
      tenMs: median(together),
      tenCpuMs: togetherMs / rushes,
      gzipCpuMs: gzipMs / furtherScrapes,
      tenGzipCpuMs: gzipTogetherMs / rushes,
      bytes: alone[0]?.bytes ?? NaN,
      longestMs,
      heapBytes,
    };
  });
  // With a young generation of 1 MB the peak is what the page needs, without the garbage that V8 lets lie.
  const { peakBytes } = await withSubject(subject, page, ['--max-semi-space-size=1'], async (child, url) => {
    await ask(child, 'statistics');
    await inSequence(furtherScrapes, () => scrape(url, format));
    return ask(child, 'statistics');
  });
  return { ...times, peakBytes };
}

async function ask(child: ChildProcess, question: string): Promise<Statistics> {
  child.send(question);
  const [answer]: Statistics[] = await once(child, 'message');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

type Encoding = 'identity' | 'gzip';

async function scrape(
  url: string,
  format: Format,
  encoding: Encoding = 'identity',
): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  const headers = { accept: accepted[format], 'accept-encoding': encoding };
  const [response]: IncomingMessage[] = await once(get(url, { headers }), 'response');
  if (response?.statusCode !== 200) throw new Error(`${url} answers ${response?.statusCode}`);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(response, 'end');
  return { ms: performance.now() - start, bytes };
}

/** The time until the last of ten scrapers has its page. */
async function scrapeTogether(url: string, format: Format, encoding?: Encoding): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: scrapers }, () => scrape(url, format, encoding)));
  return performance.now() - start;
}

async function section(page: readonly [number, Format]): Promise<string> {
  const [lines, format] = page;
  const present = subjects.filter(({ formats }) => formats.includes(format));
  const results = new Map<Subject, Result[]>();
  await inSequence(rounds, () =>
    inSequence(present.length, async (index) => {
      const subject = present[index];
      if (subject === undefined) return;
      results.set(subject, [...(results.get(subject) ?? []), await measured(subject, page)]);
    }),
  );
  const base = subjects[0] === undefined ? undefined : results.get(subjects[0]);
  const value = (own: readonly Result[] | undefined, key: keyof Result): number =>
    median((own ?? []).map((result) => result[key]));
  const rows = Array.from(results, ([{ name }, own]) => {
    const cells = [
      name,
      value(own, 'scrapeMs').toFixed(1),
      `x${(value(own, 'scrapeMs') / value(base, 'scrapeMs')).toFixed(1)}`,
      value(own, 'longestMs').toFixed(1),
      (value(own, 'peakBytes') / 1e6).toFixed(1),
      value(own, 'cpuMs').toFixed(0),
      value(own, 'tenCpuMs').toFixed(0),
      `x${(value(own, 'tenCpuMs') / value(own, 'cpuMs')).toFixed(1)}`,
      value(own, 'tenMs').toFixed(0),
      `x${(value(own, 'tenGzipCpuMs') / value(own, 'gzipCpuMs')).toFixed(1)}`,
      (value(own, 'bytes') / 1000).toFixed(0),
      (value(own, 'heapBytes') / 1e6).toFixed(0),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${lines.toLocaleString('en')} lines, ${format}`,
    '',
    '| exporter | scrape (ms) | against Sonde | longest block (ms) | peak extra memory (MB) | processor time (ms) | of ten at once (ms) | ten : one | last of ten (ms) | ten : one, gzip | page (kB) | heap (MB) |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const sections = await inSequence(pages.length, (index) => section(pages[index] ?? [1000, 'text']));
const page = `# A scrape of a Prometheus page

Node ${process.version}. Half of the lines are counters, half histograms of 13 lines; each series has three labels. Each exporter runs in a
process of its own and is scraped over HTTP without compression, ${scrapes} times after ${warmUps} to warm up, in ${rounds} rounds in turns; medians.
"Longest block" is the longest turn of the event loop in ${furtherScrapes} further scrapes. "Peak extra memory" is heap and buffers at their highest during
${furtherScrapes} scrapes beyond those before, with a young generation of 1 MB, so that little garbage is in it. "Ten at once" is what the server's process
needs for ten scrapers that ask at the same time; "gzip" is with the compression that Prometheus asks for and prom-client has not. The standard engine is the MeterProvider of the OpenTelemetry SDK, whose collection of
all points is one block that an exporter cannot divide. prom-client has no protocol buffers, exporter-prometheus has the text format alone.
Run it: \`npm run bench -- prometheus\`.

${sections.join('\n')}`;
writeResults('prometheus', page);
console.log(page);
