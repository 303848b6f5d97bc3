import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/sonde.mjs', import.meta.url));

/** The `sonde` command, run from the sources. */
export class SondeProgram {
  stdout = '';
  stderr = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #output = new EventEmitter();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#output.emit('more');
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#output.emit('more');
    });
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#output.emit('more');
      return { code, signal };
    });
  }

  static start(args: readonly string[], cwd: string): SondeProgram {
    const own = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('OTEL_') && !name.startsWith('SONDE_') && name !== 'NODE_TEST_CONTEXT',
    );
    return new SondeProgram(
      spawn(process.execPath, [bin, ...args], {
        cwd,
        env: {
          ...Object.fromEntries(own),
          NODE_OPTIONS: '--conditions=@sonde/source',
          PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    );
  }

  /** Waits until the output holds a text so often. @throws with the output when the program ends before */
  async printed(text: string, times = 1): Promise<void> {
    const isThere = (): boolean => `${this.stdout}${this.stderr}`.split(text).length > times;
    while (!isThere()) {
      if (this.#child.exitCode !== null)
        throw new Error(`ended without ${text}:\n${this.stdout}${this.stderr}`);
      await once(this.#output, 'more');
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(-(this.#child.pid ?? 0), 'SIGKILL');
    } catch {
      // It has ended, with all that it has started.
    }
    await this.ended;
  }
}
