import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Benchmark process that listens on a loopback port. */
export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Options of a process. */
export interface Start {
  /** CPU core; any if undefined. */
  readonly processor?: number;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Targets of stdout and stderr. @default /dev/null and the stderr of the benchmark */
  readonly output?: 'pipe' | 'ignore';
}

/** Starts a process and waits until it reports its port. @throws if it exits before */
export async function startChild({ processor, args, env = {}, output }: Start): Promise<Child> {
  const pinned = processor === undefined ? [] : ['taskset', '-c', String(processor)];
  const [command = '', ...rest] = [...pinned, process.execPath, ...args];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:OTEL|SONDE|BENCH)_|^NODE_OPTIONS$/.test(name),
  );
  const stdio: StdioOptions = ['ignore', output ?? 'ignore', output ?? 'inherit', 'ipc'];
  const child = spawn(command, rest, { stdio, env: { ...Object.fromEntries(inherited), ...env } });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${args.at(-1)} ended with ${code} before it listened`);
  });
  const [message]: [{ port: number }] = await Promise.race([
    once(child, 'message') as Promise<never>,
    exited,
  ]);
  exited.catch(() => {});
  return { process: child, url: `http://127.0.0.1:${message.port}` };
}

/** Makes a process flush, and returns its report. */
export async function seenBy({ process: child }: Child): Promise<Readonly<Record<string, unknown>>> {
  const answer = once(child, 'message');
  child.send('seen');
  const [{ seen }]: [{ seen: Record<string, unknown> }] = (await answer) as never;
  return seen;
}

/** Sends SIGTERM to a process, and SIGKILL after two seconds. */
export async function endChild({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const killing = setTimeout(() => child.kill('SIGKILL'), 2000);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(killing);
}

/** Processor time of all threads of a process, in microseconds. */
export function readCpuMicros({ process: { pid } }: Child): number {
  const tasks = `/proc/${pid}/task`;
  const nanos = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1000;
}

/** The resident memory of a process, in bytes. */
export function readResidentBytes({ process: { pid } }: Child): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
