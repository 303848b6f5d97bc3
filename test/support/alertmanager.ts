import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';

/** A real Alertmanager. */
export class Alertmanager implements AsyncDisposable {
  /** `127.0.0.1:9093` */
  readonly address: string;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(address: string, program: Program, folder: string) {
    this.address = address;
    this.#program = program;
    this.#folder = folder;
  }

  /** @param command its path @param config the text of its configuration */
  static async start(command: string, config: string): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'sonde-alertmanager-'));
    const file = join(folder, 'alertmanager.yml');
    await writeFile(file, config);
    const address = `127.0.0.1:${await freePort()}`;
    const program = new Program(
      command,
      [
        `--config.file=${file}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
      ],
      { cwd: folder },
    );
    await program.printed('Listening');
    return new Alertmanager(address, program, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
