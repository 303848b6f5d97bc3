import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageFlags, Program } from '../support/program.ts';

const bin = join(import.meta.dirname, '..', '..', 'packages/dev/bin/sonde.mjs');

/** An item of a list, as far as the tests of the documentation read it. */
interface Item {
  readonly name: string;
  readonly message: string;
  readonly traceId: string;
  readonly route: string;
}

/** `sonde dev`, run by the command lines of the documentation. */
export class DevViewer {
  readonly program: Program;

  private constructor(program: Program) {
    this.program = program;
  }

  /**
   * Runs a command line by the shell, with free ports instead of the documented ones.
   *
   * @param args the arguments of `sonde`: `dev -- node app.js`
   */
  static start(
    args: string,
    { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string | undefined>> },
  ): DevViewer {
    const line = args.replace(/^dev\b/, 'dev --port 0 --otlp-port 0 --grpc-port 0');
    return new DevViewer(
      new Program('sh', ['-c', `exec "${process.execPath}" "${bin}" ${line}`], {
        cwd,
        env: {
          NODE_OPTIONS: packageFlags.join(' '),
          PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
          ...env,
        },
      }),
    );
  }

  /** Waits for the address of the page. */
  async opened(): Promise<string> {
    await this.program.printed('open http');
    return /^open (\S+)$/m.exec(this.program.output)?.[1] ?? '';
  }

  /** Asks the API until the answer is as wanted. */
  async until<T>(path: string, find: (answer: { items: readonly Item[] }) => T): Promise<NonNullable<T>> {
    const url = await this.opened();
    const [view = '', q] = path.split('?q=');
    const query = q === undefined ? '' : `?q=${encodeURIComponent(q)}`;
    const events = await fetch(`${url}api/live`);
    const reader = events.body?.getReader();
    try {
      for (;;) {
        const answer = (await (await fetch(`${url}api/${view}${query}`)).json()) as { items: Item[] };
        const found = find(answer);
        if (found) return found;
        await reader?.read();
      }
    } finally {
      await reader?.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.killAll();
    await this.program.ended;
  }
}

/** Sends a request to a program, again until it listens, bounded by the time limit of the test. */
export async function fetchOnceListening(url: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      if (cause?.code !== 'ECONNREFUSED') throw error;
      await delay(20);
    }
  }
}
