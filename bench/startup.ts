// Start-up with different preloads, from the start of the process until its server listens, in one interleaved run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 15);
const app = join(import.meta.dirname, 'startup/app.cjs');

/** A preload and the folder of its packages. */
interface Subject {
  readonly name: string;
  readonly preload?: string;
  readonly cwd: string;
}

/** Measurements of one start. */
interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly modules: number;
}

const peer = (name: string, folder: string): Subject => ({
  name,
  preload: './preload.cjs',
  cwd: peerFolder(folder),
});
const here = import.meta.dirname;
const subjects: readonly Subject[] = [
  { name: 'plain Node', cwd: here },
  { name: 'plain Node again (control)', cwd: here },
  { name: '**Sonde**', preload: '@sonde/otel/register', cwd: here },
  peer('prom-client + pino, no traces', 'classic'),
  peer('sdk-node by hand', 'sdk-node'),
  peer('autotel', 'autotel'),
  peer('auto-instrumentations-node/register', 'auto-instrumentations-node'),
  peer('@elastic/opentelemetry-node', 'elastic'),
];

async function start({ preload, cwd }: Subject, env: Readonly<Record<string, string>>): Promise<Start> {
  const flags = preload === undefined ? [] : ['--require', preload];
  const since = performance.now();
  const child = spawn(process.execPath, [...flags, app], {
    cwd,
    // Cloud detectors send requests to other machines.
    env: { PATH: process.env['PATH'], OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes('"cpuMicros"')) break;
  }
  const wallMs = performance.now() - since;
  child.kill('SIGTERM');
  // Some do not exit after SIGTERM.
  setTimeout(() => child.kill('SIGKILL'), 200).unref();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const line = text.split('\n').find((each) => each.includes('"cpuMicros"'));
  if (line === undefined) throw new Error(`${preload ?? 'plain Node'} did not start: ${text}`);
  const { cpuMicros, modules } = JSON.parse(line) as { cpuMicros: number; modules: number };
  return { wallMs, cpuMs: cpuMicros / 1000, modules };
}

/** OTLP receiver that accepts everything, so that no connection is refused. */
const sink = createServer((request, response) => request.resume().once('end', () => response.end()));
sink.listen(0, '127.0.0.1');
await once(sink, 'listening');
const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;

const cache = mkdtempSync(join(tmpdir(), 'sonde-bench-cache-'));
const variants = { cold: {}, cached: { NODE_COMPILE_CACHE: cache } };
type Variant = keyof typeof variants;
const starts = new Map<string, Record<Variant, Start[]>>(
  subjects.map(({ name }) => [name, { cold: [], cached: [] }]),
);

// Discard the first round, which fills disk and Node.js caches.
await inSequence(rounds + 1, (round) =>
  inSequence(subjects.length, async (position) => {
    const subject = subjects[(position + round) % subjects.length];
    if (subject === undefined) return;
    for (const variant of ['cold', 'cached'] as const) {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'bench', ...variants[variant] };
      const result = await start(subject, env);
      if (round > 0) starts.get(subject.name)?.[variant].push(result);
    }
  }),
);
sink.closeAllConnections();
sink.close();
rmSync(cache, { recursive: true });

const plain = starts.get('plain Node');
const listValues = (list: readonly Start[] | undefined, field: keyof Start): number[] =>
  (list ?? []).map((each) => each[field]);
const ratio = (list: readonly Start[], field: 'wallMs' | 'cpuMs'): string =>
  `x${(median(listValues(list, field)) / median(listValues(plain?.cold, field))).toFixed(2)}`;
const rows = Array.from(starts, ([name, { cold, cached }]) => {
  const cells = [
    name,
    median(listValues(cold, 'wallMs')).toFixed(0),
    ratio(cold, 'wallMs'),
    ratio(cold, 'cpuMs'),
    ratio(cached, 'wallMs'),
    median(listValues(cold, 'modules')).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
});
const page = `# Start-up

Node ${process.version}, ${availableParallelism()} cores. Time from process start until the server listens, with each preload in turn; medians of
${rounds} rounds, relative to plain Node. OTLP is sent to a local server that accepts all requests. Sonde, sdk-node, autotel and the two
with all instrumentations start their defaults. Sonde is the build, with HTTP, fetch and runtime metrics.
Cloud resource detectors are off.
"Compile cache": the same with a warm \`NODE_COMPILE_CACHE\`. Run it: \`npm run build && npm run bench -- startup\`.

| preload | ms | wall time | processor time | wall time, compile cache | CommonJS modules |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
writeResults('startup', page);
console.log(page);
