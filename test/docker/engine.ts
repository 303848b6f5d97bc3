import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Program } from '../support/program.ts';
import { findProgram, run } from '../support/run.ts';

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** This machine cannot run an engine. */
export class NoEngine extends Error {}

/** How a container ended. */
export interface Ending {
  readonly name: string;
  readonly code: number;
}

/** A separate Docker engine with data, socket and containers in a temporary folder. */
export class Engine implements AsyncDisposable {
  readonly folder: string;
  readonly #turn: Program;
  readonly #daemon: Program;
  readonly #firewall: string;
  readonly #forward: string;

  private constructor(folder: string, turn: Program, daemon: Program, firewall: string, forward: string) {
    this.folder = folder;
    this.#turn = turn;
    this.#daemon = daemon;
    this.#firewall = firewall;
    this.#forward = forward;
  }

  /**
   * Lists missing programs, all of which Debian packages provide.
   *
   * @returns a description; empty if nothing is missing
   */
  static async missing(): Promise<string> {
    const programs = ['dockerd', 'docker-compose', 'busybox', 'iptables-save', 'ip', 'prometheus', 'amtool'];
    const found = await Promise.all(programs.map(findProgram));
    return programs.filter((_name, index) => found[index] === undefined).join(', ');
  }

  /**
   * Starts an engine. Tests with an engine run one at a time, because it changes the network configuration.
   *
   * @throws {NoEngine} if the machine cannot run an engine, with its last output, or already runs one
   */
  static async start(): Promise<Engine> {
    const folder = await mkdtemp(join(tmpdir(), 'sonde-docker-'));
    const turn = new Program(
      'flock',
      [join(tmpdir(), 'sonde-docker.lock'), 'sh', '-c', 'echo mine; exec tail -f /dev/null'],
      { cwd: folder },
    );
    await turn.printed('mine');
    if ((await run('pidof', ['dockerd'], folder)).code === 0) {
      await turn[Symbol.asyncDispose]();
      throw new NoEngine('another engine runs already, whose network a second one would disturb');
    }
    const firewall = (await run('iptables-save', [], folder)).output;
    const forward = await readFile(forwarding, 'utf8');
    const daemon = new Program(
      // The engine must stop with this process.
      'setpriv',
      [
        '--pdeathsig=TERM',
        'dockerd',
        `--data-root=${join(folder, 'data')}`,
        `--exec-root=${join(folder, 'exec')}`,
        `--pidfile=${join(folder, 'pid')}`,
        `--host=unix://${join(folder, 'docker.sock')}`,
      ],
      { cwd: folder },
    );
    const engine = new Engine(folder, turn, daemon, firewall, forward);
    try {
      await daemon.printed('API listen on');
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw new NoEngine((error as Error).message.trim().split('\n').at(-1), { cause: error });
    }
    return engine;
  }

  /** Environment variables that select this engine for Docker's tools. */
  get environment(): Readonly<Record<string, string>> {
    return {
      DOCKER_HOST: `unix://${join(this.folder, 'docker.sock')}`,
      // Another `docker` in PATH may not be able to build images.
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      DOCKER_BUILDKIT: '1',
      COMPOSE_DOCKER_CLI_BUILD: '1',
      BUILDKIT_PROGRESS: 'plain',
    };
  }

  /** Runs Debian's `docker`. Rejects with its output if it fails. */
  async docker(...args: readonly string[]): Promise<string> {
    return this.#tool('/usr/bin/docker', args);
  }

  /** Runs Debian's `docker-compose`. Rejects with its output if it fails. */
  async compose(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    return this.#tool('docker-compose', args, env);
  }

  /** The text of a file in a volume; empty while it is not there. */
  async read(image: string, volume: string, name: string): Promise<string> {
    const command = `test ! -e /volume/${name} || cat /volume/${name}`;
    return this.docker('run', '--rm', '--volume', `${volume}:/volume:ro`, image, 'sh', '-c', command);
  }

  /** Containers of a project that exit while `end` runs, in order, as reported by the engine. */
  async endings(project: string, end: () => Promise<unknown>): Promise<readonly Ending[]> {
    const format = '{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}';
    const args = ['events', '--filter', 'event=die', '--format', format];
    const since = String(Math.floor(Date.now() / 1000));
    await end();
    const lines = (
      await this.docker(...args, '--since', since, '--until', String(Math.ceil(Date.now() / 1000)))
    )
      .split('\n')
      .filter((line) => line.startsWith(`${project}_`));
    return lines.map((line) => {
      const [name = '', code] = line.split(' ');
      return { name, code: Number(code) };
    });
  }

  /** Waits until every container is healthy, or running if it has no health check. */
  async untilHealthy(project: string): Promise<void> {
    for (;;) {
      const format = '{{.Names}} {{.Status}}';
      const filter = `label=com.docker.compose.project=${project}`;
      const lines = (await this.docker('ps', '--all', '--filter', filter, '--format', format))
        .trim()
        .split('\n');
      const ended = lines.filter((line) => / (Exited|Restarting|Dead)|\(unhealthy\)/.test(line));
      if (lines.join('') === '') throw new Error(`no container of ${project} was started`);
      if (ended.length > 0) throw new Error(await this.#describe(ended));
      if (lines.every((line) => line.includes(' Up ') && !line.includes('health: starting'))) return;
      await delay(500);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = await run(
      '/usr/bin/docker',
      ['--host', this.environment['DOCKER_HOST'] ?? '', 'ps', '-aq'],
      '/',
    );
    const ids = left.code === 0 ? left.output.split('\n').filter(Boolean) : [];
    if (ids.length > 0) await this.docker('rm', '--force', '--volumes', ...ids);
    this.#daemon.kill('SIGTERM');
    await this.#daemon.ended;
    await this.#restore();
    await this.#turn[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Restores the network configuration and removes remaining mounts. */
  async #restore(): Promise<void> {
    const links = (await run('ip', ['-brief', 'link'], '/')).output.split('\n');
    for (const [, name] of links.map((line) => /^(docker0|br-[0-9a-f]{12})\s/.exec(line) ?? [])) {
      if (name !== undefined) await run('ip', ['link', 'delete', name], '/');
    }
    const rules = join(this.folder, 'iptables');
    await writeFile(rules, this.#firewall);
    await run('iptables-restore', [rules], '/');
    await writeFile(forwarding, this.#forward);
    const mounts = (await readFile('/proc/mounts', 'utf8'))
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(`${this.folder}/`)).toReversed()) {
      await run('umount', ['--lazy', mount], '/');
    }
  }

  async #describe(lines: readonly string[]): Promise<string> {
    const logs = await Promise.all(
      lines.map(
        async (line) => `${line}\n${await this.docker('logs', '--tail', '20', line.split(' ')[0] ?? '')}`,
      ),
    );
    return logs.join('\n');
  }

  async #tool(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const program = new Program(command, args, { cwd: this.folder, env: { ...this.environment, ...env } });
    const { code, signal } = await program.ended;
    if (code !== 0)
      throw new Error(`${command} ${args.join(' ')}: ${code ?? signal}\n${program.output.slice(-4000)}`);
    // `docker logs` prints both streams of the container.
    return args[0] === 'logs' ? program.output : program.stdout;
  }
}
