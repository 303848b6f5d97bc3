// Routers without telemetry: each server on one core, wrk on the other, in interleaved slices.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inSequence, median } from './measure.ts';
import { peerFolder } from './peer.ts';
import { writeResults } from './results.ts';

const rounds = Number(process.env.SONDE_BENCH_ROUNDS ?? 5);
const connections = 32;
const baseline = 'fastify';

const peer = (name: string): string => join(peerFolder(name), 'server.mjs');
const own = (file: string): string => join(import.meta.dirname, 'router', file);
const programs: readonly (readonly [name: string, file: string])[] = [
  ['@sonde/router', own('sonde.ts')],
  ['@sonde/router again (control)', own('sonde.ts')],
  ['raw node:http', own('raw.ts')],
  ...['fastify', 'polka', 'hono', 'h3', 'express'].map((name) => [name, peer(name)] as const),
];

const scenarios = [
  'GET /health, static',
  'GET /users/:id',
  'POST 1 kB of JSON, validated',
  'GET 10 kB as a stream of ten chunks',
  '404',
  'GET, the last of 500 routes',
] as const;
type Scenario = (typeof scenarios)[number];
const paths: Readonly<Record<Scenario, string>> = {
  'GET /health, static': '/health',
  'GET /users/:id': '/users/42',
  'POST 1 kB of JSON, validated': '/orders',
  'GET 10 kB as a stream of ten chunks': '/stream',
  '404': '/nothing/here',
  'GET, the last of 500 routes': '/api/v4/things499/42/parts/7',
};

/** Throughput and processor time of one slice. */
interface Slice {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

interface Subject {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
}

async function started(name: string, file: string, flags: readonly string[]): Promise<Subject> {
  const command = ['-c', '0', process.execPath, '--conditions=@sonde/source', ...flags, file];
  const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { name, child, url: `http://127.0.0.1:${String(line).trim()}` };
}

/** Processor time of all threads of a process in nanoseconds; clock ticks are too coarse for one second. */
function readCpuMicros(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Runs wrk synchronously. */
function slice({ child, url }: Subject, scenario: Scenario, script: string, seconds: number): Slice {
  const load = ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`];
  const post = scenario.startsWith('POST') ? ['-s', script] : [];
  const before = readCpuMicros(child.pid ?? 0);
  const out = execFileSync('taskset', [...load, ...post, url + paths[scenario]], { encoding: 'utf8' });
  const spent = readCpuMicros(child.pid ?? 0) - before;
  const requests = Number(/(\d+) requests in/.exec(out)?.[1]);
  const failed = scenario !== '404' && out.includes('Non-2xx');
  if (failed) throw new Error(`${url} does not answer ${scenario} with 200`);
  return { perSecond: requests / seconds, cpuMicros: spent / requests };
}

/** A wrk script that posts an order of about one kilobyte. */
function postScript(folder: string): string {
  const tags = Array.from({ length: 100 }, (_, index) => `tag-${index}`);
  const body = JSON.stringify({ id: 7, name: 'an order', tags });
  const file = join(folder, 'post.lua');
  writeFileSync(
    file,
    `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [[${body}]]\n`,
  );
  return file;
}

const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * q)] ?? Number.NaN;

/** Ratios per round, in which both programs had the same conditions. */
function ratios(slices: readonly Slice[], base: readonly Slice[], of: keyof Slice): string {
  const each = slices.map((one, round) => one[of] / (base[round]?.[of] ?? Number.NaN));
  const shown = [median(each), quantile(each, 0.25), quantile(each, 0.75)].map((ratio) => ratio.toFixed(2));
  return `${shown[0]} [${shown[1]}-${shown[2]}]`;
}

async function run(title: string, flags: readonly string[], script: string): Promise<string> {
  const subjects = await inSequence(programs.length, async (index) => {
    const [name, file] = programs[index] ?? ['', ''];
    return started(name, file, flags);
  });
  try {
    const tables = scenarios.map((scenario) => {
      console.error(`${title}: ${scenario}`);
      const slices = new Map<string, Slice[]>(subjects.map(({ name }) => [name, []]));
      for (const subject of subjects) slice(subject, scenario, script, 1);
      for (let round = 0; round < rounds; round++) {
        for (const subject of subjects) slices.get(subject.name)?.push(slice(subject, scenario, script, 1));
      }
      const base = slices.get(baseline) ?? [];
      const rows = [...slices].map(
        ([name, own_]) =>
          `| ${name} | ${ratios(own_, base, 'perSecond')} | ${ratios(own_, base, 'cpuMicros')} |`,
      );
      return [`### ${scenario}`, '', '| | throughput | CPU per request |', '|---|---|---|', ...rows, ''].join(
        '\n',
      );
    });
    return [`## ${title}`, '', ...tables].join('\n');
  } finally {
    for (const { child } of subjects) child.kill('SIGKILL');
  }
}

/** The look-up in a process for each number of routes, so that no table has the caches of another one. */
function lookUps(): string {
  const rows = [10, 100, 1000, 10_000].map((count) => {
    const flags = [
      '-c',
      '0',
      process.execPath,
      '--conditions=@sonde/source',
      own('look-up.ts'),
      String(count),
    ];
    const nanos = Number(execFileSync('taskset', flags, { encoding: 'utf8' }));
    return `| ${count.toLocaleString('en')} | ${nanos.toFixed(0)} |`;
  });
  return [
    '## The look-up, by the number of routes',
    '',
    'One hundred paths of the table, each with two parameters, in turn; the median of eleven measurements.',
    '',
    '| routes | one look-up (ns) |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
try {
  const script = postScript(folder);
  const parts = [await run('Requests', ['--min-semi-space-size=16'], script), lookUps()];
  const versions = `Node ${process.versions.node}, wrk with ${connections} connections`;
  const text = [
    '# Routers without telemetry',
    '',
    `\`npm run bench -- router\`: ${versions}, server on one core and load on the other, ${rounds} rounds of`,
    'interleaved slices of one second. Ratios are relative to Fastify in the same round: median [quartiles]. Higher throughput and',
    'lower CPU are better. The control is the same program, measured twice: differences of that size are not significant.',
    'A larger heap makes V8 use a larger young generation with fewer collections; all programs have the same one,',
    'which removes that difference. All programs validate with the same function, except Fastify, which has a validator.',
    '',
    ...parts,
  ].join('\n');
  console.log(writeResults('router', text));
} finally {
  rmSync(folder, { recursive: true });
}
