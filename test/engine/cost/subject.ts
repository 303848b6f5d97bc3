import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sendRequests } from './client.ts';
import type { Operation, Question } from './program.ts';

/** A server of the program. */
export type Server = 'router' | 'node:http';

/** The unit of a measurement per call or request. */
export type Unit = 'bytes' | 'cpu';

/** A young generation with room for all allocations between two collections: the growth of the heap is then their size. */
const flags = [
  '--conditions=@sonde/source',
  '--expose-gc',
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
];

/** The program on one engine, in a process of its own. */
export class Subject implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ports: Readonly<Record<Server, number>>;

  private constructor(child: ChildProcess, ports: Readonly<Record<Server, number>>) {
    this.#child = child;
    this.#ports = ports;
  }

  /** Starts the program; `none` has no telemetry. */
  static async start(engine: 'none' | 'standard' | 'lean'): Promise<Subject> {
    const child = fork(join(import.meta.dirname, 'program.ts'), [engine], {
      execArgv: flags,
      env: { PATH: process.env['PATH'], OTEL_LOG_LEVEL: 'none' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const failed = once(child, 'exit').then((): never => {
      throw new Error(`the program on ${engine} ended:\n${stderr}`);
    });
    const [ports] = await Promise.race([once(child, 'message'), failed]);
    failed.catch(() => {});
    return new Subject(child, ports as Record<Server, number>);
  }

  /** Bytes or microseconds of processor time for one call of an operation. */
  async call(operation: Operation, unit: Unit, count: number): Promise<number> {
    const { value, collections } = await this.#ask({ operation, unit, count });
    if (unit === 'bytes' && collections > 1)
      throw new Error(`${operation}: the heap was collected meanwhile`);
    return value;
  }

  /** Bytes or microseconds of processor time for one request. */
  async request(server: Server, unit: Unit, count: number): Promise<number> {
    const before = await this.#ask({ operation: 'process', unit, count: 0 });
    await sendRequests(this.#ports[server], count);
    const after = await this.#ask({ operation: 'process', unit, count });
    if (unit === 'bytes' && after.collections - before.collections > 1)
      throw new Error('the heap was collected');
    return (after.value - before.value) / count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #ask(question: Question): Promise<{ value: number; collections: number }> {
    const answer = once(this.#child, 'message');
    this.#child.send(question);
    const [answered] = await answer;
    return answered as { value: number; collections: number };
  }
}
