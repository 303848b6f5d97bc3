import { tmpdir } from 'node:os';
import { freePort } from '../../support/free-port.ts';
import { Program } from '../../support/program.ts';
import { findProgram } from '../../support/run.ts';

/** A separate Redis server on a free port of the loopback interface; it writes nothing to disk. */
export class Redis {
  /** The address for a client: `redis://…`. */
  readonly url: string;
  readonly #program: Program;

  private constructor(url: string, program: Program) {
    this.url = url;
    this.#program = program;
  }

  /** Starts one; undefined when it is not installed. */
  static async start(): Promise<Redis | undefined> {
    const command = await findProgram('redis-server');
    if (command === undefined) return undefined;
    const port = String(await freePort());
    const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const program = new Program(command, options, { cwd: tmpdir() });
    await program.printed('Ready to accept connections');
    return new Redis(`redis://127.0.0.1:${port}`, program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
