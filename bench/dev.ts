import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { measureInstall, measurePeerInstall } from './dev/install.ts';
import { measurePage } from './dev/page.ts';
import { encodeRequests } from './dev/spans.ts';
import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

// Viewers ingest the same spans, interleaved, each on one core; the sender uses the other core.
interface Viewer {
  readonly name: string;
  /** Number of requests. */
  readonly requests: number;
  /** Command line for an OTLP/HTTP port and an unused gRPC port. */
  readonly args: (port: number, grpcPort: number) => readonly string[];
  /** Whether this number of spans is stored; a response does not imply that. */
  readonly hasStored: (child: Output, spans: number) => Promise<boolean>;
}

interface Output {
  readonly child: ChildProcess;
  readonly otlpUrl: string;
  text: string;
}

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 3);
/** Spans of one request. */
const spansPerRequest = 512;
/** Concurrent requests, like those of several SDKs. */
const senders = 4;

const viewers: readonly Viewer[] = [
  {
    name: 'sonde dev',
    requests: 391,
    args: (port) => [
      '--conditions=@sonde/source',
      join(import.meta.dirname, '../packages/dev/bin/sonde.mjs'),
      'dev',
      '--port=0',
      '--no-grpc',
      `--otlp-port=${port}`,
    ],
    hasStored: async ({ text }, wanted) => {
      const [, url] = /^open (\S+)$/m.exec(text) ?? [];
      const { store } = (await (await fetch(`${url}api/status`)).json()) as { store: { spans: number } };
      return store.spans >= wanted;
    },
  },
  {
    name: 'autotel-devtools',
    // It becomes slower with every stored span; the number of spans of the other viewer would take minutes.
    requests: 40,
    args: (port, grpcPort) => [
      join(peerFolder('autotel-devtools'), 'node_modules/autotel-devtools/dist/cli.js'),
      '--port',
      String(port),
      '--grpc-port',
      String(grpcPort),
    ],
    hasStored: async ({ otlpUrl }) => (await fetch(`${otlpUrl}/healthz`)).ok,
  },
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(viewer: Viewer): Promise<Output> {
  const port = await freePort();
  const child = spawn('taskset', ['-c', '1', process.execPath, ...viewer.args(port, await freePort())], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Output = { child, otlpUrl: `http://127.0.0.1:${port}`, text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output.text += text));
  }
  // It responds to any request once it listens.
  for (let tries = 0; tries < 200; tries++) {
    const isUp = await fetch(output.otlpUrl).then(
      () => true,
      () => false,
    );
    if (isUp) return output;
    await delay(50);
  }
  throw new Error(`${viewer.name} does not listen: ${output.text}`);
}

/** The memory of a process in MB. */
function residentBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}

/** The processor time of a process in seconds. */
function processorSeconds({ pid }: ChildProcess): number {
  // After the name in parentheses; the fields are in ticks of a hundredth of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Sends a request, and retries after a broken connection, like an SDK. */
async function post(url: string, body: Uint8Array<ArrayBuffer>, triesLeft = 10): Promise<void> {
  try {
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`answered ${response.status}`);
  } catch (error) {
    if (triesLeft === 0) throw error;
    await delay(100);
    await post(url, body, triesLeft - 1);
  }
}

interface Measurement {
  readonly perSecond: number;
  /** Spans per second of the viewer's processor time. */
  readonly perProcessorSecond: number;
  readonly megabytes: number;
}

async function measure(viewer: Viewer, all: readonly Uint8Array<ArrayBuffer>[]): Promise<Measurement> {
  const bodies = all.slice(0, viewer.requests);
  const spans = bodies.length * spansPerRequest;
  const output = await start(viewer);
  try {
    const before = performance.now();
    const usedBefore = processorSeconds(output.child);
    let next = 0;
    const send = async (): Promise<void> => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
        await post(output.otlpUrl, body);
    };
    await Promise.all(Array.from({ length: senders }, send));
    while (!(await viewer.hasStored(output, spans))) await delay(5);
    const seconds = (performance.now() - before) / 1000;
    const used = processorSeconds(output.child) - usedBefore;
    return {
      perSecond: spans / seconds,
      perProcessorSecond: spans / used,
      megabytes: residentBytes(output.child),
    };
  } finally {
    output.child.kill('SIGTERM');
    await once(output.child, 'exit');
  }
}

const requests = encodeRequests(Math.max(...viewers.map((viewer) => viewer.requests)));
const results = new Map(viewers.map(({ name }) => [name, [] as Measurement[]]));
await inSequence(rounds, () =>
  inSequence(viewers.length, async (index) => {
    const viewer = viewers[index];
    if (viewer === undefined) return;
    const measurement = await measure(viewer, requests);
    results.get(viewer.name)?.push(measurement);
    console.error(`${viewer.name}: ${JSON.stringify(measurement)}`);
  }),
);

const medianValue = (name: string, field: keyof Measurement): number =>
  median(results.get(name)?.map((measurement) => measurement[field]) ?? []);
const base = medianValue('autotel-devtools', 'perProcessorSecond');
const rows = viewers.map(({ name, requests: sent }) => {
  const speed = medianValue(name, 'perProcessorSecond');
  const cells = [
    name,
    (sent * spansPerRequest).toLocaleString('en'),
    medianValue(name, 'perSecond').toFixed(0),
    speed.toFixed(0),
    `x${(speed / base).toFixed(1)}`,
    medianValue(name, 'megabytes').toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
});
const { arrivals, largeTrace } = await measurePage();
const { frames, endKeyMs } = largeTrace;
const installed = [
  ['@sonde/dev', await measureInstall()],
  ['autotel-devtools', measurePeerInstall('autotel-devtools')],
] as const;
const installRows = installed.map(
  ([name, { packages, megabytes }]) => `| ${name} | ${packages} | ${megabytes.toFixed(0)} |`,
);
const page = `# Local viewers

Node ${process.version}. Run it: \`npm run build && npm run bench -- dev\`. Other viewers were not available: otel-desktop-viewer, otel-tui and otel-front are not on the
Go module proxy, the Aspire dashboard needs .NET, and Spotlight 4.11.8 receives Sentry envelopes, not OTLP. The load average at the end was ${loadavg()[0]?.toFixed(0)};
it is 2 on two cores with no other load, and a higher one lengthens the elapsed times.

## Ingestion

Spans in requests of 512, over HTTP as protobuf, from ${senders} senders at once; each viewer on one core, the sender on another, medians of
${rounds} rounds in turns. A span counts when it is stored (\`sonde dev\`) or its request is answered (others). Memory is what the process has
resident afterwards. The processor time is that of the viewer; it hardly depends on the machine's other load. \`sonde dev\` keeps the session in a file, autotel-devtools in memory; it gets a tenth, since it becomes slower with every
span that it holds.

| viewer | spans sent | spans per second | per second of processor time | against autotel-devtools | memory (MB) |
|---|---|---|---|---|---|
${rows.join('\n')}

## The page

In Chromium, headless and without a graphics processor. A request is sent to a program under \`sonde dev\`, until its row is on the page; a trace of
50,000 spans is scrolled by the mouse wheel from the first span to the last.

| measurement | result |
|---|---|
| from request to screen, median of 100 (ms) | ${arrivals.medianMs.toFixed(0)} |
| the same, 95th percentile (ms) | ${arrivals.p95Ms.toFixed(0)} |
| frames while scrolling | ${frames.count} |
| median frame (ms) | ${frames.medianMs.toFixed(1)} |
| longest frame (ms) | ${frames.maxMs.toFixed(1)} |
| frames of more than 50 ms | ${frames.slow} |
| processor time of the longest task of the main thread (ms) | ${frames.longestTaskMs.toFixed(0)} |
| from the key End at the first span to the last span on screen (ms) | ${endKeyMs} |

## Installation

\`npm install --save-dev\` into an empty project.

| package | packages added | MB |
|---|---|---|
${installRows.join('\n')}
`;
console.log(writeResults('dev', page));
