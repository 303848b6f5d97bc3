import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { CommandState, Session } from '../session/session.ts';
import type { Command } from './dev-options.ts';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const;

function formatText(command: Command): string {
  return 'line' in command ? command.line : command.args.join(' ');
}

/** The exit code that a shell reports. */
function toExitCode({ exitCode, signal, state }: CommandState): number {
  if (state === 'failed') return 127;
  if (signal !== null) return 128 + (constants.signals[signal] ?? 0);
  return exitCode ?? 0;
}

/** Runs commands beside the viewer: their output, signals and exit codes are passed on. */
export class CommandRunner {
  readonly #session: Session;
  readonly #children: ChildProcess[] = [];
  readonly #listeners = new Map<NodeJS.Signals, () => void>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Starts all commands. Resolves when all have ended, with the first exit code that is not 0. */
  async run(commands: readonly Command[], environment: NodeJS.ProcessEnv): Promise<number> {
    this.#passSignals();
    try {
      const codes = await Promise.all(
        commands.map((command, index) => this.#runOne(command, index, environment)),
      );
      return codes.find((code) => code !== 0) ?? 0;
    } finally {
      for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    }
  }

  /** Passes a signal on to every command that runs. */
  kill(signal: NodeJS.Signals): void {
    for (const child of this.#children) child.kill(signal);
  }

  async #runOne(command: Command, index: number, environment: NodeJS.ProcessEnv): Promise<number> {
    const state: CommandState = {
      index,
      command: formatText(command),
      pid: null,
      state: 'running',
      restarts: 0,
      startedAt: Date.now(),
      exitCode: null,
      signal: null,
    };
    this.#session.commands.push(state);
    const env = { ...environment, SONDE_DEV_COMMAND: String(index) };
    const child =
      'line' in command
        ? spawn(command.line, { shell: true, stdio: 'inherit', env })
        : spawn(command.args[0] as string, command.args.slice(1), { stdio: 'inherit', env });
    this.#children.push(child);
    state.pid = child.pid ?? null;
    this.#session.statusChanged();
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      state.state = 'exited';
      state.exitCode = code;
      state.signal = signal;
    } catch (error) {
      state.state = 'failed';
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'ENOENT' ? 'no such command' : message;
      process.stderr.write(`sonde dev: cannot run ${JSON.stringify(state.command)}: ${reason}\n`);
    }
    this.#session.statusChanged();
    return toExitCode(state);
  }

  #passSignals(): void {
    for (const signal of forwarded) {
      const listener = (): void => {
        // A terminal sends its interrupt to the whole group: the commands have it already.
        if (signal === 'SIGINT' && process.stdin.isTTY) return;
        this.kill(signal);
      };
      process.on(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }
}
