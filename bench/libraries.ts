import { loadavg } from 'node:os';
import { MariaDb } from '../test/zero-code/support/mariadb.ts';
import { Redis } from '../test/zero-code/support/redis.ts';
import { startClient, startServer, type Slice, type Subject } from './libraries/subject.ts';
import { inSequence, median } from './measure.ts';
import { writeResults } from './results.ts';

// All subjects of a library run at the same time and work one after the other, in rounds.
const rounds = Number(process.env['SONDE_BENCH_ROUNDS'] ?? 12);
/** The difference of a route is small. */
const roundsOfRoutes = 3 * rounds;
const operations = 1000;
const requests = 2000;
/** V8 needs some ten thousand operations until the processor time of one is steady. */
const warmUps = 20;

type Start = (telemetry: string, library: string) => Promise<Subject>;

/** Runs the subjects of a library. @returns the slices of each by round */
async function measure(
  start: Start,
  library: string,
  names: readonly string[],
  count: number,
  measuredRounds = rounds,
): Promise<ReadonlyMap<string, readonly Slice[]>> {
  const subjects = await inSequence(names.length, (index) => start(names[index] ?? '', library));
  const slices = new Map<string, Slice[]>(names.map((name) => [name, []]));
  try {
    await inSequence(warmUps + measuredRounds, (round) =>
      inSequence(names.length, async (turn) => {
        // Each round begins with another subject.
        const index = (turn + round) % names.length;
        const slice = await subjects[index]?.run(count);
        if (round >= warmUps && slice !== undefined) slices.get(names[index] ?? '')?.push(slice);
      }),
    );
  } finally {
    for (const subject of subjects) subject.stop();
  }
  return slices;
}

/** The differences to a subject within each round. */
function differences(
  slices: ReadonlyMap<string, readonly Slice[]>,
  name: string,
  base: string,
): readonly number[] {
  const bases = slices.get(base) ?? [];
  return (slices.get(name) ?? []).map(({ cpuUs }, round) => cpuUs - (bases[round]?.cpuUs ?? NaN));
}

function quartiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (ratio: number): string => (sorted[Math.floor(ratio * (sorted.length - 1))] ?? NaN).toFixed(1);
  return `${median(numbers).toFixed(1)} [${at(0.25)}, ${at(0.75)}]`;
}

const medianOf = (slices: readonly Slice[] = [], key: keyof Slice): number =>
  median(slices.map((slice) => slice[key]));

async function libraryRow(start: Start, library: string, count: number): Promise<string> {
  const hasUpstream = library !== 'graphql';
  const names = ['none', 'control', 'sonde', ...(hasUpstream ? ['upstream', 'upstream-on-sonde'] : [])];
  console.error(library);
  const slices = await measure(start, library, names, count);
  const added = (name: string): string =>
    hasUpstream || !name.startsWith('upstream') ? quartiles(differences(slices, name, 'none')) : '-';
  const sonde = median(differences(slices, 'sonde', 'none'));
  const upstream = median(differences(slices, 'upstream', 'none'));
  const spans = ['sonde', 'upstream'].map((name) =>
    slices.has(name) ? medianOf(slices.get(name), 'spans').toFixed(1) : '-',
  );
  const cells = [
    library,
    medianOf(slices.get('none'), 'cpuUs').toFixed(1),
    added('control'),
    added('sonde'),
    added('upstream'),
    added('upstream-on-sonde'),
    hasUpstream ? (sonde / upstream).toFixed(2) : '-',
    spans.join(' / '),
  ];
  console.error(cells.join('  '));
  return `| ${cells.join(' | ')} |`;
}

async function frameworkRow(library: string): Promise<string> {
  console.error(`${library}: routes`);
  const names = ['sonde-without-hook', 'sonde-control', 'sonde'];
  const slices = await measure(startServer, library, names, requests, roundsOfRoutes);
  const cells = [
    library,
    medianOf(slices.get('sonde-without-hook'), 'cpuUs').toFixed(1),
    quartiles(differences(slices, 'sonde-control', 'sonde-without-hook')),
    quartiles(differences(slices, 'sonde', 'sonde-without-hook')),
  ];
  console.error(cells.join('  '));
  return `| ${cells.join(' | ')} |`;
}

const mysql = await MariaDb.start();
const redis = await Redis.start();
if (mysql === undefined || redis === undefined) throw new Error('mariadb-server and redis-server are needed');
process.env['MYSQL_PORT'] = mysql.port;
process.env['REDIS_URL'] = redis.url;
try {
  const clients = ['mysql2', 'ioredis', 'redis', 'graphql'];
  const rows = [
    ...(await inSequence(clients.length, (index) =>
      libraryRow(startClient, clients[index] ?? '', operations),
    )),
    await libraryRow(startServer, 'fastify', requests),
  ];
  const frameworks = ['express', 'fastify', 'koa'];
  const routes = await inSequence(frameworks.length, (index) => frameworkRow(frameworks[index] ?? ''));
  const page = `# Libraries and routes

Node ${process.version}, load average ${(loadavg()[0] ?? 0).toFixed(0)}. Processor time in microseconds. Each program runs in a process of its own; the processes of a row work one after
the other, ${rounds} rounds of ${operations} operations or ${requests} requests (${roundsOfRoutes} for routes), and differences are taken within a round: median and quartiles. Spans
are batched and discarded, metrics are collected every five seconds. The control is the program without telemetry, a second time.
Run it: \`npm run bench -- libraries\`, after \`npm run build\`.

## Operations

Added to an operation by Sonde, which reads the channels of the library; by upstream's instrumentation on upstream's SDK; and by the same
instrumentation on Sonde. The row of Fastify is a whole request, with the instrumentation of \`node:http\`. Upstream's
instrumentation of graphql does not support version 17. There is no row of mongoose, which needs MongoDB.

| library | without telemetry | control | Sonde | upstream | upstream on Sonde | Sonde : upstream | spans (Sonde / upstream) |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

## Routes

Time added by the framework hook that reports the route. The first two columns are both Sonde without that hook.

| framework | without the hook | control | hook |
|---|---|---|---|
${routes.join('\n')}
`;
  writeResults('libraries', page);
  console.log(page);
} finally {
  await Promise.all([mysql[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
}
