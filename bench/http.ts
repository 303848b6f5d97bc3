// What telemetry costs a server: the same program without it, on the standard engine and on the lean one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, interleaved, type Program, ratios, serve } from './http/load.ts';
import { inSequence, median } from './measure.ts';

const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 9);
const own = (file: string): string => join(import.meta.dirname, 'http', file);
const bare = 'router, no telemetry';

const engines = ['standard', 'lean'] as const;
const ways = [
  { name: 'three signals, batched and discarded', env: { TO: 'nowhere' } },
  { name: 'three signals, OTLP to a local sink', env: { TO: 'otlp' } },
  { name: 'the same discarded, 1 % of traces sampled', env: { TO: 'nowhere', RATIO: '0.01' } },
];

const sink = await serve({ name: 'sink', file: own('sink.ts') }, 1, []);
const programs: readonly Program[] = [
  { name: bare, file: own('server.ts') },
  { name: `${bare}, again (control)`, file: own('server.ts') },
  { name: 'raw node:http', file: own('raw.ts') },
  ...ways.flatMap(({ name, env }) =>
    engines.map((engine) => ({
      name: `${engine}: ${name}`,
      file: own('server.ts'),
      env: { ...env, ENGINE: engine, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    })),
  ),
];

async function table(title: string, flags: readonly string[]): Promise<string> {
  console.error(title);
  const servers = await inSequence(programs.length, (index) => serve(programs[index] as Program, 0, flags));
  try {
    const slices = await interleaved(servers, rounds);
    const base = slices.get(bare) ?? [];
    const rows = Array.from(slices, ([name, each]) => {
      const cpu = median(each.map(({ cpuMicros }) => cpuMicros)).toFixed(0);
      return `| ${name} | ${ratios(each, base, 'perSecond')} | ${ratios(each, base, 'cpuMicros')} | ${cpu} |`;
    });
    const head = ['| program | throughput | CPU per request | µs |', '|---|---|---|---|'];
    return [`## ${title}`, '', ...head, ...rows, ''].join('\n');
  } finally {
    await Promise.all(servers.map((server) => end(server)));
    for (const { program, stderr } of servers) {
      const lost = stderr
        .split('\n')
        .filter((line) => line.includes('dropped') || line.includes('not delivered'));
      for (const line of lost) console.error(`${program.name}: ${line}`);
    }
  }
}

try {
  const tables = [
    await table('The same young generation for all', ['--min-semi-space-size=16']),
    await table('Node’s defaults', []),
  ];
  const text = [
    '# What telemetry costs a server',
    '',
    `\`npm run bench -- http\`: Node ${process.versions.node}, wrk with 32 connections. Each program is a process on one core, the`,
    'load and the OTLP sink are on the other. GET /users/:id of the router, one log record for each request, a span and',
    `the router's two metrics; metrics are collected every 5 s. ${rounds} rounds of slices of a second in turns; the ratio to the`,
    'same program without telemetry in the same round, median [quartiles]: more throughput is better, less CPU is. The',
    'control is that program twice: differences as large as its own mean nothing. A program with a larger heap has a',
    'larger young generation and collects less often: the first table takes that difference away.',
    '',
    ...tables,
  ].join('\n');
  writeFileSync(join(import.meta.dirname, 'results/http.md'), text);
  console.log(text);
} finally {
  await end(sink);
}
