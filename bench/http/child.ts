import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of the benchmark that serves on a port of the loopback interface. */
export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
}

/** How a process is started. */
export interface Start {
  /** The core that it runs on; without one it takes any. */
  readonly processor?: number;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where standard output and error go. @default /dev/null, and the benchmark's own standard error */
  readonly output?: 'pipe' | 'ignore';
}

/** Starts a process and waits for the port that it tells. @throws when it ends before */
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

/** Has a process flush its telemetry, and gives what it says of it. */
export async function seenBy({ process: child }: Child): Promise<Readonly<Record<string, unknown>>> {
  const answer = once(child, 'message');
  child.send('seen');
  const [{ seen }]: [{ seen: Record<string, unknown> }] = (await answer) as never;
  return seen;
}

/** Ends a process as a host would, and after two seconds for good. */
export async function endChild({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const killing = setTimeout(() => child.kill('SIGKILL'), 2000);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(killing);
}

/** The processor time that all threads of a process have had so far, in microseconds. */
export function cpuMicrosOf({ process: { pid } }: Child): number {
  const tasks = `/proc/${pid}/task`;
  const nanos = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1000;
}

/** The resident memory of a process, in bytes. */
export function residentBytesOf({ process: { pid } }: Child): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
