import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { Program } from '../../support/program.ts';
import { findProgram, run } from '../../support/run.ts';

const nobody = 65_534;

/** Where Debian keeps the programs that do not belong into `PATH`: the newest version. */
async function debianBinaries(): Promise<string[]> {
  const home = '/usr/lib/postgresql';
  const versions = await readdir(home).catch(() => []);
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(home, version, 'bin'));
}

/** A separate PostgreSQL server on a free port of the loopback interface, its data in a temporary folder. */
export class Postgres {
  /** The address for a client: `postgres://…`. */
  readonly url: string;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(url: string, program: Program, folder: string) {
    this.url = url;
    this.#program = program;
    this.#folder = folder;
  }

  /** Starts one; undefined when it is not installed. */
  static async start(): Promise<Postgres | undefined> {
    const [binaries] = await debianBinaries();
    const initdb = binaries === undefined ? await findProgram('initdb') : join(binaries, 'initdb');
    if (initdb === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'sonde-postgres-'));
    // It refuses to run as root.
    const asRoot = process.getuid?.() === 0;
    if (asRoot) await chown(folder, nobody, nobody);
    const prefix = asRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : ['env'];
    const data = join(folder, 'data');
    const [command = '', ...args] = prefix;
    const init = [
      initdb,
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ];
    const { code, output } = await run(command, [...args, ...init], folder);
    if (code !== 0) throw new Error(`initdb failed: ${output}`);
    const port = await freePort();
    const serve = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-F'];
    const program = new Program(command, [...args, initdb.replace(/initdb$/, 'postgres'), ...serve], {
      cwd: folder,
    });
    await program.printed('ready to accept connections');
    return new Postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, program, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
