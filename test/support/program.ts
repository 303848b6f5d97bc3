import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

/** How a program ended: the exit code, or the signal that ended it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

// Runs whole suites on the selected engine.
const chosen = process.env['SONDE_TEST_ENGINE'];
const engine = chosen === undefined ? {} : { SONDE_ENGINE: chosen };

/**
 * Flags of a program that uses the packages. They select the sources, so that a test needs no build. `npm test` builds
 * first and selects the build, with which a program starts in a sixth of the processor time.
 */
export const packageFlags: readonly string[] =
  process.env['SONDE_TEST_PACKAGES'] === 'built' ? [] : ['--conditions=@sonde/source'];

/** Running programs, which are killed when the tests exit. */
const running = new Set<Program>();
process.once('exit', () => {
  for (const program of running) program.killAll();
});

/** A child process whose output a test reads while it runs. */
export class Program {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #output = new EventEmitter();

  /**
   * @param options.env added to the environment, from which `OTEL_*` and `SONDE_*` variables are removed; `undefined`
   * removes a variable
   */
  constructor(
    command: string,
    args: readonly string[],
    options: { cwd: string; env?: Readonly<Record<string, string | undefined>> },
  ) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('OTEL_') && !name.startsWith('SONDE_') && name !== 'NODE_TEST_CONTEXT',
    );
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...Object.fromEntries(inherited), ...engine, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A separate process group, so that no descendant outlives the test.
      detached: true,
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read('stdout', text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#read('stderr', text));
    const { promise, resolve } = Promise.withResolvers<Ending>();
    running.add(this);
    this.#child.once('close', (code, signal) => {
      running.delete(this);
      resolve({ code, signal });
      this.#output.emit('more');
    });
    this.#child.once('error', (error) => this.#read('stderr', `${error.message}\n`));
    this.ended = promise;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Everything that was printed, standard output first. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Waits until the output holds `text`. @throws with the whole output when the program ends before */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended without printing ${JSON.stringify(text)}:\n${this.output}`);
      }
      await once(this.#output, 'more');
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it and all that it has started. */
  killAll(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has ended, and all its children too.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killAll();
    await this.ended;
  }

  #read(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#output.emit('more');
  }
}
