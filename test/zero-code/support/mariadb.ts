import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { Program } from '../../support/program.ts';
import { findProgram, run } from '../../support/run.ts';

const nobody = 65_534;

/** A separate MariaDB server on a free port of the loopback interface, its data in a temporary folder. */
export class MariaDb {
  /** The port; the user is `root`, without a password, and the database `test`. */
  readonly port: string;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(port: string, program: Program, folder: string) {
    this.port = port;
    this.#program = program;
    this.#folder = folder;
  }

  /** Starts one; undefined when it is not installed. */
  static async start(): Promise<MariaDb | undefined> {
    const [server, installer] = await Promise.all([
      findProgram('mariadbd'),
      findProgram('mariadb-install-db'),
    ]);
    if (server === undefined || installer === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'sonde-mariadb-'));
    // It refuses to run as root.
    const asRoot = process.getuid?.() === 0;
    if (asRoot) await chown(folder, nobody, nobody);
    const [command = '', ...prefix] = asRoot
      ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
      : ['env'];
    const data = join(folder, 'data');
    const install = [
      installer,
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-name-resolve',
    ];
    const { code, output } = await run(command, [...prefix, ...install], folder);
    if (code !== 0) throw new Error(`mariadb-install-db failed: ${output}`);
    const port = String(await freePort());
    const serve = [
      server,
      '--no-defaults',
      `--datadir=${data}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-name-resolve',
    ];
    const program = new Program(command, [...prefix, ...serve], { cwd: folder });
    await program.printed('ready for connections');
    return new MariaDb(port, program, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
