import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { inSequence, median } from '../measure.ts';

const connections = 32;

/** A program to measure. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Throughput and processor time of one slice. */
export interface Slice {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** A program that serves. */
export interface Server {
  readonly program: Program;
  readonly child: ChildProcess;
  readonly url: string;
  /** What it wrote to stderr, such as what it had to drop. */
  stderr: string;
}

/** Starts a program on a processor and waits for the port that it prints. */
export async function serve(program: Program, processor: number, flags: readonly string[]): Promise<Server> {
  const args = ['-c', String(processor), process.execPath, '--conditions=@sonde/source', ...flags];
  const child = spawn('taskset', [...args, program.file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...program.env },
  });
  const server: Server = { program, child, url: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (server.stderr += text));
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`${program.name} ended: ${server.stderr}`);
  return Object.assign(server, { url: `http://127.0.0.1:${String(line).trim()}` });
}

/** Ends a program as a host would, so that it can tell what it lost. */
export async function end({ child }: Server): Promise<void> {
  child.kill('SIGTERM');
  const [code] = child.exitCode === null && child.signalCode === null ? await once(child, 'exit') : [];
  void code;
}

/** User and system time of a process so far. */
function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** wrk runs on the other processor, apart from this process's event loop, which has nothing to do meanwhile. */
function slice({ child, url, program }: Server, seconds: number): Slice {
  const load = ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, `${url}/users/42`];
  const before = cpuMicrosOf(child.pid ?? 0);
  const out = execFileSync('taskset', load, { encoding: 'utf8' });
  const spent = cpuMicrosOf(child.pid ?? 0) - before;
  if (out.includes('Non-2xx')) throw new Error(`${program.name} does not answer with 200`);
  const requests = Number(/(\d+) requests in/.exec(out)?.[1]);
  return { perSecond: requests / seconds, cpuMicros: spent / requests };
}

/** Loads all programs in turns, a second each, so many times. */
export async function interleaved(servers: readonly Server[], rounds: number): Promise<Map<string, Slice[]>> {
  const slices = new Map<string, Slice[]>(servers.map(({ program }) => [program.name, []]));
  for (const server of servers) slice(server, 2);
  await inSequence(rounds, async (round) => {
    // Each round begins elsewhere: none is always the one after the same.
    const order = [...servers.slice(round % servers.length), ...servers.slice(0, round % servers.length)];
    for (const server of order) slices.get(server.program.name)?.push(slice(server, 1));
  });
  return slices;
}

const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * q)] ?? Number.NaN;

/** The ratio to another program in each round, which both spent under the same conditions: median and quartiles. */
export function ratios(own: readonly Slice[], base: readonly Slice[], of: keyof Slice): string {
  const each = own.map((one, round) => one[of] / (base[round]?.[of] ?? Number.NaN));
  const [middle, low, high] = [median(each), quantile(each, 0.25), quantile(each, 0.75)];
  return `${middle.toFixed(2)} [${low.toFixed(2)}-${high.toFixed(2)}]`;
}
